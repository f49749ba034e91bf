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
    photometric_interpretations : tuple of str
        The allowed ones. Samples per Pixel is 1, Pixel Representation 0, Planar
        Configuration absent, the pixel aspect ratio 1:1.
    bits : tuple of int
        Allowed Bits Allocated and Bits Stored, both the same; High Bit is one less.
    palette_color_bits : int
        The same for PALETTE COLOR.
    reader_minimum : int
        Rows and columns that every reader with icons displays; it may ignore larger ones
        unless a profile says otherwise.
    clause : str
        Where the Standard says so.
    """

    record_types: tuple[str, ...]
    photometric_interpretations: tuple[str, ...]
    bits: tuple[int, ...]
    palette_color_bits: int
    reader_minimum: int
    clause: str


ICON_RULES = IconRules(
    record_types=("SERIES", "IMAGE", "RT DOSE", "SPECTROSCOPY", "RAW DATA"),
    photometric_interpretations=("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"),
    bits=(1, 8),
    palette_color_bits=8,
    reader_minimum=64,
    clause="PS3.3 F.7",
)
"""The rules of icons in directory records."""
