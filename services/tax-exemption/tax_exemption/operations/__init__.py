"""What tax-exemption does: one verb per file."""
