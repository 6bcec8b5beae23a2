"""Settings: one tree, its options, and defaults chosen from the data."""
