"""Operations on places."""
