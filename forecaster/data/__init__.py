"""A user's file -> Panel."""
