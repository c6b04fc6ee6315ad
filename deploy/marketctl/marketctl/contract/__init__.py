"""What is derived from code and what releases promised."""
