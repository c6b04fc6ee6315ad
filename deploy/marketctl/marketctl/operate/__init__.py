"""The commands that look at and keep a running system."""
