"""Batches to parameters of a distribution."""
