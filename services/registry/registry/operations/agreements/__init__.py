"""Operations on agreements."""
