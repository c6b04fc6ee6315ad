"""The HTTP interface of registry."""
