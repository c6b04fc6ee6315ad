"""What the rules say: pure functions from small frozen facts to all breaches."""
