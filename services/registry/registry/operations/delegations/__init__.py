"""Operations on delegations."""
