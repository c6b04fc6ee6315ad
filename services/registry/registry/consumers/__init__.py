"""Handlers of the events that registry receives."""
