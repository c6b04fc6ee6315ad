"""What is exempt, for whom and on what evidence (免税申报)."""
