"""What must hold over the four databases and the bus."""
