"""Tables and queries of fx-settlement."""
