"""The outside."""
