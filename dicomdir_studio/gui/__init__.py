"""The desktop face: the only layer that knows Qt."""
