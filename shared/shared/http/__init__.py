"""HTTP mechanism: authentication, access, idempotency and problem responses."""
