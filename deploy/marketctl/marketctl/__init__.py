"""The program that runs and operates the whole."""
