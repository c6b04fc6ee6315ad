"""Operations on subjects."""
