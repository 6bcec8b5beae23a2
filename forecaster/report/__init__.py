"""The page that shows a run to people, and its plots."""
