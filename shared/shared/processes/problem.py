"""What stops a process from starting, in one sentence that says what to do."""


class ProcessProblem(Exception):
    """One sentence for the person at the terminal."""
