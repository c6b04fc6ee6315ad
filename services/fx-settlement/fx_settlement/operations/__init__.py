"""What fx-settlement does. Entitlements import money and rooms, money imports rooms, rooms import neither."""
