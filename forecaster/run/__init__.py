"""The run folder: save, load, and the versions in between."""
