"""Qt models over the engine: each owns the table of what it shows."""
