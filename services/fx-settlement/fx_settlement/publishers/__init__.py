"""The events that fx-settlement publishes."""
