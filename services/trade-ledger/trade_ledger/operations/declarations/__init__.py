"""Operations on declarations."""
