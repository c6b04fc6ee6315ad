"""What happens to collected money."""
