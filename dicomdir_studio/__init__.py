"""DICOMDIR Studio: browse and author DICOM media (PS3.10, PS3.11, PS3.12)."""

__version__ = "0.1.0"
