"""Handlers of the events that trade-ledger receives."""
