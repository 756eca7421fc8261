"""A shared machine may be slow for a moment: no deadline per example."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
