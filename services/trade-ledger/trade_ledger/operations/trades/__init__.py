"""Operations on trades."""
