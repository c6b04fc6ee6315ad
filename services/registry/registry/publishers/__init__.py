"""The events that registry publishes."""
