"""Use cases shared by both front ends: jobs, sources, opening, settings, export, demo."""
