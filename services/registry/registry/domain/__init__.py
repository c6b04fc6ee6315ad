"""The rules: pure functions from small frozen facts to all breaches."""
