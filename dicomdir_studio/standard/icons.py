"""Icon images in directory records (PS3.3 F.7)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IconRules:
    """What the one item of an Icon Image Sequence in a directory record must look like.

    Attributes
    ----------
    record_types : tuple of str
        The record types that may hold one.
    reader_minimum : int
        Rows and columns that every reader with icons displays; it may ignore larger ones
        unless a profile says otherwise.
    clause : str
        Where the Standard says so.
    """

    record_types: tuple[str, ...]
    reader_minimum: int
    clause: str


ICON_RULES = IconRules(
    record_types=("SERIES", "IMAGE", "RT DOSE", "SPECTROSCOPY", "RAW DATA"),
    reader_minimum=64,
    clause="PS3.3 F.7",
)
"""The rules of icons in directory records."""
