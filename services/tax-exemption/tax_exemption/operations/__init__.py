"""What we do: one verb a file."""
