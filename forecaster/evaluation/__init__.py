"""Metrics, scores of held-out windows, rolling origins, tables and the report."""
