"""From the database that says it to the database that applies it, exactly once (architecture.md §2)."""
