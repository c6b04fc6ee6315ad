"""Operations on commodities."""
