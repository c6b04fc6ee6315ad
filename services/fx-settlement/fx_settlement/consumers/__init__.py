"""Handlers of the events that fx-settlement receives."""
