"""What we tell."""
