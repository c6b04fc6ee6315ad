"""The HTTP interface of fx-settlement."""
