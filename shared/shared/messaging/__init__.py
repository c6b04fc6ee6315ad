"""Carries events between databases, each applied exactly once (ARCHITECTURE.md#how-an-event-travels)."""
