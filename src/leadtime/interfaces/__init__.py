"""Doors to the model: parse, call, render. No computation lives here."""
