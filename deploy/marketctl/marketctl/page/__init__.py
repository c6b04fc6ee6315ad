"""What a visitor sees of a system that runs: a start page and the trace of a number."""
