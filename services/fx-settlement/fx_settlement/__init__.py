"""What was collected, matched, passed on and converted (收结汇)."""
