"""Reads UDF file systems, revisions 1.02 to 2.60, from images; shares nothing with the writer."""

from __future__ import annotations

from dicomdir_studio.media.udf_reading.descriptors import UdfError
from dicomdir_studio.media.udf_reading.image import FoundFile, UdfImage

__all__ = ["FoundFile", "UdfError", "UdfImage"]
