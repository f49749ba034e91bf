"""The parts that stand around the tree: search, changes, details, findings, progress."""
