"""Registering trades over HTTP beside pgbench."""
