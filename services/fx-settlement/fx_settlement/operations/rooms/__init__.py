"""What happens to the room of an export."""
