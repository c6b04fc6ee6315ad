"""Mechanism and the published event language, shared by the four services; no rule of the trade lives here."""
