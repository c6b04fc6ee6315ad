"""Tables and queries of registry."""
