"""From the database that says it to the one that applies it, exactly once (ARCHITECTURE.md#how-an-event-travels)."""
