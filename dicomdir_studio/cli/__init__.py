"""The terminal face of DICOMDIR Studio."""
