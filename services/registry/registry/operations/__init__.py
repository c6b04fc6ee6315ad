"""What registry does: one verb per file."""
