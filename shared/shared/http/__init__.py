"""HTTP mechanism: who asks, may they, once only, and what a refusal looks like."""
