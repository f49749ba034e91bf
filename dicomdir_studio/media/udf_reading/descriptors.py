"""Descriptors as they are found on a volume: checked before anything in them is believed."""

from __future__ import annotations

import os
import struct
from binascii import crc_hqx
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, NoReturn

from dicomdir_studio.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Container

TAG: Final = 16
_TAG = struct.Struct("<HHBBHHHI")
_LENGTH_BITS: Final = (1 << 30) - 1


class UdfError(StorageError):
    """A UDF file system is damaged, or is of a kind that is not read here."""


class Descriptor(NamedTuple):
    """A descriptor whose tag is in order.

    Attributes
    ----------
    kind : int
        Its tag identifier.
    data : bytes
        The block that it is in, tag included.
    """

    kind: int
    data: bytes

    def number(self, place: int, length: int) -> int:
        """Return an unsigned number; 0 where the descriptor has ended already."""
        return int.from_bytes(self.data[place : place + length], "little")


class Address(NamedTuple):
    """An allocation descriptor (ECMA-167 4/14.14).

    Attributes
    ----------
    kind : int
        0 recorded, 1 and 2 not recorded (zeros), 3 where further ones are.
    length : int
        Bytes.
    block : int
        First block in its partition.
    partition : int or None
        The number of its partition; None is the one of who tells it.
    """

    kind: int
    length: int
    block: int
    partition: int | None

    @classmethod
    def short(cls, data: bytes) -> Address:
        """Return a short one."""
        length, block = struct.unpack("<II", data[:8])
        return cls(length >> 30, length & _LENGTH_BITS, block, None)

    @classmethod
    def long(cls, data: bytes) -> Address:
        """Return a long one."""
        length, block, partition = struct.unpack("<IIH", data[:10])
        return cls(length >> 30, length & _LENGTH_BITS, block, partition)


class Blocks:
    """The sectors of an image, of whatever size they turn out to have.

    Parameters
    ----------
    path : str
        The image.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file: BinaryIO = open(path, "rb", buffering=0)  # noqa: SIM115
        self.length = self._file.seek(0, os.SEEK_END)
        self.size = 2048

    @property
    def count(self) -> int:
        """Whole sectors of the image."""
        return self.length // self.size

    def read(self, sector: int, length: int) -> bytes:
        """Return bytes from a sector on.

        Raises
        ------
        UdfError
            If the image ends before.
        OSError
            If the device does not give them.
        """
        place = sector * self.size
        if place + length > self.length:
            self.fail("The image is cut off", f"it ends before byte {place + length:,}")
        self._file.seek(place)
        data = b""
        while len(data) < length:
            more = self._file.read(length - len(data))
            if not more:
                self.fail("The image is cut off", f"it ends before byte {place + length:,}")
            data = data + more if data else more
        return data

    def descriptor(self, sector: int, place: int, kinds: Container[int]) -> Descriptor:
        """Return a descriptor that is in a sector.

        Parameters
        ----------
        sector : int
            The sector.
        place : int
            What its tag must give as its place.
        kinds : container of int
            What it may be.

        Raises
        ------
        UdfError
            If there is none, or it is damaged.
        """
        return self.checked(self.read(sector, self.size), place, kinds)

    def checked(self, data: bytes, place: int | None, kinds: Container[int]) -> Descriptor:
        """Return the descriptor at the beginning of some bytes (ECMA-167 3/7.2).

        Raises
        ------
        UdfError
            If there is none, or it is damaged.
        """
        if len(data) < TAG:
            self.fail("The file system is damaged", "a descriptor is cut off")
        kind, _, total, _, _, crc, covered, told = _TAG.unpack_from(data)
        if (sum(data[:4]) + sum(data[5:TAG])) & 0xFF != total or kind not in kinds:
            self.fail("The file system is damaged", f"no descriptor at block {place}")
        if place is not None and told != place:
            self.fail("The file system is damaged", f"block {place} says that it is block {told}")
        body = data[TAG : TAG + covered]
        if len(body) < covered or (covered and crc_hqx(body, 0) != crc):
            self.fail(
                "The file system is damaged", f"the sum of the descriptor at {place} is wrong"
            )
        return Descriptor(kind, data)

    def fail(self, what: str, why: str) -> NoReturn:
        """Raise that something is the matter with the image."""
        raise UdfError(
            what,
            where=self.path,
            why=why,
            remedy="Make the image again, or open the disc itself",
        )

    def close(self) -> None:
        """Close the image."""
        self._file.close()


def text(data: bytes) -> str:
    """Return a name in OSTA Compressed Unicode (UDF 2.1.1)."""
    if data[:1] == b"\x10":
        return data[1:].decode("utf-16-be", "replace")
    return data[1:].decode("latin-1")


def text_field(data: bytes) -> str:
    """Return a field of characters that ends in how many of its bytes are used (UDF 2.1.3)."""
    return text(data[: min(data[-1], len(data) - 1)])
