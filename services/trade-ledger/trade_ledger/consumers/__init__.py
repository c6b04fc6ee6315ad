"""What we react to."""
