"""A small invented law on which the engine is tested: Toyland licenses kites."""
