"""What we do. Entitlements use money and rooms, money uses rooms, rooms use neither."""
