"""Widgets that show a model."""
