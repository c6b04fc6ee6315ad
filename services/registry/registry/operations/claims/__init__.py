"""Operations on claims of subjects."""
