"""The command line of DICOMDIR Studio."""
