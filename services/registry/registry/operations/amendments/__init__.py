"""Operations on amendments of what commerce reviewed."""
