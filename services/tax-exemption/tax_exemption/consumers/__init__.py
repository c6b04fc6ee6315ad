"""Handlers of the events that tax-exemption receives."""
