"""Starts servers, mints tokens and supports tests; no service needs it to run."""
