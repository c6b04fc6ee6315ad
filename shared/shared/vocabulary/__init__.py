"""The words of the trade as values: the only part of `shared` that a domain may import."""
