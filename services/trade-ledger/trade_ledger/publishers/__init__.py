"""The events that trade-ledger publishes."""
