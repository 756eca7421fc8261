"""What Beijing lets in: measures of the People's Republic of China on foreign AI chips, as far as they became known."""

TOPICS = ("imports",)
"""Modules of this folder."""
