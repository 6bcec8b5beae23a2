"""The loop, schedules, early stopping and ensembles."""
