"""The books: one folder per regime, its YAML beside its code."""
