"""Runs the two servers that everything stands on, PostgreSQL and Kafka, from nothing but Python packages."""
