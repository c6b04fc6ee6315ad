"""Operations on packing."""
