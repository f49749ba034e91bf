"""Copies of instances in another transfer syntax (PS3.5 8.2, Annex A)."""
