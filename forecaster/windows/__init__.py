"""A panel to batches: splits, windows, transforms and bins."""
