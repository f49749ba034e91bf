"""DICOMDIRs that are cut off, damaged, or not encoded as DICOMDIRs must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fileset.salvage.disc import EXPLICIT, IMPLICIT, SECONDARY_CAPTURE, Disc, images_of

if TYPE_CHECKING:
    from collections.abc import Callable


def truncated(disc: Disc) -> bytes:
    """Lay a disc: the file ends in the middle of the last record."""
    return disc.lay()[:-60]


def wrong_sequence_length(disc: Disc) -> bytes:
    """Lay a disc: the sequence says that it ends after its third record."""
    data = bytearray(disc.lay())
    start = disc.offsets[0]
    data[start - 4 : start] = (disc.offsets[3] - start).to_bytes(4, "little")
    return bytes(data)


def undefined_lengths(disc: Disc) -> bytes:
    """Lay a disc: sequence and Items have undefined length, which is allowed."""
    disc.undefined = True
    disc.flag = 0xFFFF
    return disc.lay()


def syntax(syntax: bytes) -> Callable[[Disc], bytes]:
    """Return what lays a DICOMDIR in another transfer syntax."""

    def make(disc: Disc) -> bytes:
        disc.syntax = syntax
        return disc.lay()

    return make


def misnamed_syntax(disc: Disc) -> bytes:
    """Lay a disc: the data set is Explicit though its transfer syntax says Implicit."""
    return disc.lay().replace(EXPLICIT + b"\0", IMPLICIT + b"\0\0\0", 1)


def no_preamble(disc: Disc) -> bytes:
    """Lay a disc: the preamble is missing, and the offsets do not count it."""
    disc.preamble = False
    return disc.lay()


def no_meta(disc: Disc) -> bytes:
    """Lay a disc: there is nothing before the data set."""
    disc.preamble = disc.meta = False
    return disc.lay()


def wrong_class(disc: Disc) -> bytes:
    """Lay a disc: the SOP Class is that of an image."""
    disc.sop_class = SECONDARY_CAPTURE
    return disc.lay()


def cut_in_the_middle(disc: Disc) -> bytes:
    """Lay a disc: forty bytes are lost inside a series, and all that follows lies nearer."""
    data = disc.lay()
    lost = disc.offsets[disc.rows("IMAGE")[1]] + 90
    return data[:lost] + data[lost + 40 :]


def overwritten(disc: Disc) -> bytes:
    """Lay a disc: the Item tags of an image record are overwritten."""
    data = bytearray(disc.lay())
    place = disc.offsets[disc.rows("IMAGE")[1]]
    data[place : place + 8] = b"\xee" * 8
    return bytes(data)


def out_of_order(disc: Disc) -> bytes:
    """Lay a disc: elements of a patient and of an image are not in ascending order."""
    patient = disc.records[disc.rows("PATIENT")[0]]
    patient.elements = patient.elements[::-1]
    image = images_of(disc)[2]
    image.elements = image.elements[::-1]
    image.led = False
    disc.flag = 0xFFFF
    return disc.lay()
