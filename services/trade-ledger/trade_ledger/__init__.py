"""What was traded, packed and declared (交易·组货·报关)."""
