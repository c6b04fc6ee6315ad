"""The suite's fixtures: a real PostgreSQL, a real Kafka, databases cloned from migrated templates, tokens."""
