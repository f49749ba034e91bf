"""The small parts that descriptors are made of: tags, names, times, addresses (ECMA-167 1/7)."""

from __future__ import annotations

import struct
import time
from binascii import crc_hqx
from typing import Final

DEVELOPER: Final = "*DICOMDIR Studio"
SECTOR: Final = 2048

_TAG: Final = struct.Struct("<HHBBHHHI")
_CHARACTERS: Final = b"\0" + b"OSTA Compressed Unicode".ljust(63, b"\0")
_UTC: Final = 1 << 12
"""Type 1, local time, at no distance from Coordinated Universal Time (ECMA-167 1/7.3.1)."""


def tagged(identifier: int, version: int, place: int, body: bytes) -> bytes:
    """Return a descriptor: its tag, then its body (ECMA-167 3/7.2).

    Parameters
    ----------
    identifier : int
        What descriptor it is.
    version : int
        2 or 3, the edition of the standard.
    place : int
        The block that it is in: of the volume, or of the partition for file structures.
    body : bytes
        All that follows the tag.
    """
    tag = _TAG.pack(identifier, version, 0, 0, 0, crc_hqx(body, 0), len(body), place)
    return tag[:4] + bytes((sum(tag) & 0xFF,)) + tag[5:] + body


def character_set() -> bytes:
    """Return the only set of characters, CS0 (UDF 2.1.2)."""
    return _CHARACTERS


def identifier(text: str) -> bytes:
    """Return a name in OSTA Compressed Unicode (UDF 2.1.1)."""
    if all(sign <= "\xff" for sign in text):
        return b"\x08" + text.encode("latin-1")
    return b"\x10" + text.encode("utf-16-be")


def text_field(text: str, length: int) -> bytes:
    """Return a field of characters that ends in how many of its bytes are used (UDF 2.1.3)."""
    if not text:
        return bytes(length)
    coded = identifier(text)
    if len(coded) >= length:
        message = f"{text!r} does not fit into {length} bytes"
        raise ValueError(message)
    return coded.ljust(length - 1, b"\0") + bytes((len(coded),))


def domain(revision: int) -> bytes:
    """Return who defined this profile of the standard: OSTA (UDF 2.1.5.2, 2.1.5.3).

    The content is write-protected: a finished image leaves no room to change it.
    """
    return _entity("*OSTA UDF Compliant", struct.pack("<HB5x", revision, 1))


def udf_entity(name: str, revision: int) -> bytes:
    """Return an identifier that UDF itself defines (UDF 2.1.5.2)."""
    return _entity(name, struct.pack("<H6x", revision))


def developer() -> bytes:
    """Return who laid the file system; no system of a certain kind did (UDF 2.1.5.2, 6.3)."""
    return _entity(DEVELOPER, bytes(8))


def contents(standard: bytes) -> bytes:
    """Return what a partition is used for (ECMA-167 3/10.5.3)."""
    return _entity("+" + standard.decode("ascii"), bytes(8))


def _entity(name: str, suffix: bytes) -> bytes:
    """Return an entity identifier of 32 bytes (ECMA-167 1/7.4)."""
    return b"\0" + name.encode("ascii").ljust(23, b"\0") + suffix


def timestamp(seconds: float) -> bytes:
    """Return a moment, given in seconds since 1970 (ECMA-167 1/7.3)."""
    moment = time.gmtime(seconds)
    hundredths = int(seconds % 1 * 100)
    return struct.pack("<Hh8B", _UTC, *moment[:6], hundredths, 0, 0)


def extent(length: int, sector: int) -> bytes:
    """Return where something lies on the volume (ECMA-167 3/7.1)."""
    return struct.pack("<II", length, sector)


def long_address(length: int, block: int, partition: int, unique: int = 0) -> bytes:
    """Return where something lies in a partition, with its number (ECMA-167 4/14.14.2)."""
    return struct.pack("<IIHHI", length, block, partition, 0, unique)


def short_address(length: int, block: int) -> bytes:
    """Return where something lies in the partition that refers to it (ECMA-167 4/14.14.1)."""
    return struct.pack("<II", length, block)
