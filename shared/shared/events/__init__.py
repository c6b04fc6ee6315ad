"""The published event language, filed by publishing service."""
