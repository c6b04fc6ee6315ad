"""What happens to rooms and money when an export or a trade changes."""
