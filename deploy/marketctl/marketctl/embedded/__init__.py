"""The platform on one machine: a folder with PostgreSQL, the bus, an issuer, four services and their workers."""
