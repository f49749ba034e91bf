"""The dialog that makes media: choices, the discs' tree, progress, and what came of it."""
