"""Burning images to optical discs: drives, discs, and the order of a burn.

`Burner` is the interface for the rest of the program; `dicomdir_studio.media.burners` provides
that of the system. Discs are written at once and closed, as PS3.12 F and IHE PDI require.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

from dicomdir_studio.errors import OperationCancelledError, StudioError
from dicomdir_studio.media.errors import (
    BurningCancelledError,
    BurningError,
    MediumTooSmallError,
    MediumVerificationError,
)
from dicomdir_studio.media.udf_reading import UdfImage
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.phrases import said
from dicomdir_studio.standard.media import SECTOR_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_SPOILT: Final = said("Burning was cancelled; do not use the disc in the drive")
_UNREAD: Final = said("Reading the disc back was cancelled; it is burned, but was not compared")
_BUFFER: Final = 1 << 20
_VOLUME: Final = 16 * SECTOR_SIZE + 40
_ISO: Final = b"\x01CD001"
_UDF: Final = b"\x00BEA01"
"""The beginning of a volume recognition sequence without ISO 9660 (ECMA-167 2/9.2)."""
_VOLUME_LENGTH: Final = 32
_MOST_DESCRIPTORS: Final = 64


@dataclass(frozen=True, slots=True)
class Drive:
    """A drive that can burn.

    Attributes
    ----------
    address : str
        The burning program's name for it, such as ``/dev/sr0``.
    label : str
        Its vendor and product.
    """

    address: str
    label: str


@dataclass(frozen=True, slots=True)
class LoadedDisc:
    """The disc in a drive.

    Attributes
    ----------
    kind : str
        The kind of disc as named by the burning program, such as ``CD-R``; "" if there is none.
    is_blank : bool
        Whether it is empty.
    is_rewritable : bool
        Whether it can be blanked.
    writable : int
        Bytes that can be written at present.
    """

    kind: str
    is_blank: bool
    is_rewritable: bool
    writable: int


class Burner(Protocol):
    """A program that burns discs."""

    def drives(self) -> list[Drive]:
        """Return the drives that the user has permission to use."""

    def disc(self, drive: str) -> LoadedDisc:
        """Return what is in a drive."""

    def blank(self, drive: str, monitor: Monitor) -> None:
        """Blank a rewritable disc."""

    def write(self, drive: str, image: str, monitor: Monitor, *, simulated: bool) -> None:
        """Write an image at once and close the disc, or simulate this."""

    def eject(self, drive: str) -> None:
        """Open the tray."""

    def readable(self, drive: str) -> str:
        """Return the path at which the disc's bytes can be read back."""


@dataclass(frozen=True, slots=True)
class BurnOptions:
    """How to burn.

    Attributes
    ----------
    copies : int
        The number of discs to burn of each image.
    blanked : bool
        Whether a rewritable disc that is not blank may be blanked, which erases it.
    simulated : bool
        Simulate burning, with the laser off.
    verified : bool
        Read every byte back and compare it.
    ejected : bool
        Open the tray after each disc.
    """

    copies: int = 1
    blanked: bool = False
    simulated: bool = False
    verified: bool = True
    ejected: bool = True


@dataclass(frozen=True, slots=True)
class BurnedDisc:
    """One disc that was burned.

    Attributes
    ----------
    image : str
        The image on it.
    copy : int
        Which copy, from 1.
    sha256 : str
        Digest of the image and, if `verified`, of what was read back.
    verified : bool
        Whether it was read back and compared.
    seconds : float
        How long it took.
    """

    image: str
    copy: int
    sha256: str
    verified: bool
    seconds: float


def burn(
    burner: Burner,
    drive: str,
    images: Sequence[str | os.PathLike[str]],
    options: BurnOptions | None = None,
    *,
    ask_for_disc: Callable[[str, int], None] | None = None,
    monitor: Monitor | None = None,
) -> list[BurnedDisc]:
    """Burn images one after another, each with the requested number of copies.

    Parameters
    ----------
    burner : Burner
        The program or interface that burns.
    drive : str
        The address of the drive.
    images : sequence of path-like
        The images, in the order of the discs of a set.
    options : BurnOptions, optional
        How to burn.
    ask_for_disc : callable, optional
        Called with image and number of copy before each disc but the first; returns when
        the user has inserted a disc, raises to stop.
    monitor : Monitor, optional
        Receives progress; cancelling while a disc is written ruins that disc.

    Returns
    -------
    list of BurnedDisc
        Each disc, in order.

    Raises
    ------
    BurningError
        If there is no disc, it cannot be written, or the program failed.
    MediumTooSmallError
        If an image does not fit on the disc; nothing was written to it.
    MediumVerificationError
        If what was read back differs.
    OperationCancelledError
        If the user cancelled; `BurningCancelledError` if the disc had already been changed.
    """
    options = options or BurnOptions()
    monitor = monitor or Monitor()
    done: list[BurnedDisc] = []
    for path in [os.fspath(image) for image in images]:
        for copy in range(1, options.copies + 1):
            monitor.check()
            if done and ask_for_disc is not None:
                ask_for_disc(path, copy)
            done.append(_burn_one(burner, drive, path, copy, options, monitor))
    return done


def _burn_one(
    burner: Burner, drive: str, image: str, copy: int, options: BurnOptions, monitor: Monitor
) -> BurnedDisc:
    """Burn one disc."""
    begun = time.monotonic()
    size, digest = _measured(image)
    _prepare(burner, drive, size, options, monitor)
    with contextlib.nullcontext() if options.simulated else _saying(_SPOILT):
        burner.write(drive, image, monitor, simulated=options.simulated)
    verified = options.verified and not options.simulated
    if verified:
        with _saying(_UNREAD):
            _compare(burner.readable(drive), size, digest, monitor)
    if options.ejected and not options.simulated:
        burner.eject(drive)
    return BurnedDisc(image, copy, digest, verified, time.monotonic() - begun)


@contextlib.contextmanager
def _saying(what: str) -> Iterator[None]:
    """Tell the user who cancels what that means for the disc."""
    try:
        yield
    except OperationCancelledError as error:
        raise BurningCancelledError(what) from error


def _prepare(burner: Burner, drive: str, size: int, options: BurnOptions, monitor: Monitor) -> None:
    """Check that the disc in the drive can hold the image; blank it if requested."""
    disc = burner.disc(drive)
    if not disc.kind:
        raise BurningError(
            said("There is no disc in the drive"), where=drive, remedy=said("Insert a blank disc")
        )
    if not disc.is_blank:
        if options.simulated or not (options.blanked and disc.is_rewritable):
            raise BurningError(
                said("The disc is not blank"),
                where=drive,
                why=disc.kind,
                remedy=said("Have it blanked, which erases it, or insert another one")
                if disc.is_rewritable and not options.simulated
                else said("Insert a blank disc"),
            )
        with _saying(_SPOILT):
            burner.blank(drive, monitor)
        disc = burner.disc(drive)
    if size > disc.writable:
        raise MediumTooSmallError(
            said("The image does not fit on the disc"),
            where=drive,
            why=said("it has {0:,} bytes, the disc takes {1:,}", size, disc.writable),
            remedy=said("Insert a larger disc, or divide the File-set over several"),
        )


def volume_name(image: str | os.PathLike[str]) -> str:
    """Return the volume name of an image, which distinguishes the discs of a set.

    Parameters
    ----------
    image : path-like
        The image of a disc.

    Raises
    ------
    BurningError
        If it cannot be read.
    """
    try:
        with open(image, "rb") as file:
            file.seek(16 * SECTOR_SIZE)
            is_iso = file.read(6) == _ISO
            file.seek(_VOLUME)
            told = file.read(_VOLUME_LENGTH)
        if is_iso:
            return told.decode("ascii", "replace").strip(" \0")
        with UdfImage(image) as found:
            return found.name
    except StudioError as error:
        raise _no_image(image) from error
    except OSError as error:
        raise _unreadable(image, error) from error


def _measured(image: str) -> tuple[int, str]:
    """Return length and SHA-256 of an image.

    Raises
    ------
    BurningError
        If it cannot be read or is not a disc image.
    """
    try:
        with open(image, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            head = _sector(file, 16)[:6]
            stated = _stated_size(file) if head in (_ISO, _UDF) else 0
    except OSError as error:
        raise _unreadable(image, error) from error
    if head not in (_ISO, _UDF):
        raise _no_image(image)
    needed = max(stated, -(-size // SECTOR_SIZE) * SECTOR_SIZE)
    if size < needed:
        raise BurningError(
            said("The image is cut off"),
            where=image,
            why=said("it has {0:,} bytes, of {1:,} at least", size, needed),
            remedy=said("Make it again, or obtain it again from its source"),
        )
    return size, digest


def _sector(file: BinaryIO, number: int) -> bytes:
    """Return a sector of an image, padded with zeros beyond its end."""
    file.seek(number * SECTOR_SIZE)
    return file.read(SECTOR_SIZE).ljust(SECTOR_SIZE, b"\0")


def _stated_size(file: BinaryIO) -> int:
    """Return the least size of an image in bytes, according to its volume descriptors."""
    first = _sector(file, 16)
    sectors = 257  # up to the first anchor of UDF
    if first.startswith(_ISO):  # Volume Space Size and Logical Block Size, ECMA-119 8.4.8, 8.4.12
        sectors = int.from_bytes(first[80:84], "little")
        sectors = sectors * int.from_bytes(first[128:130], "little") // SECTOR_SIZE
    anchor = _sector(file, 256)
    if anchor.startswith(b"\2\0"):  # it leads to the partition's descriptor, ECMA-167 3/10.2, 10.5
        length, begin = struct.unpack_from("<II", anchor, 16)
        for number in range(begin, begin + min(length // SECTOR_SIZE, _MOST_DESCRIPTORS)):
            descriptor = _sector(file, number)
            if descriptor.startswith(b"\5\0"):
                sectors = max(sectors, sum(struct.unpack_from("<II", descriptor, 188)))
    return sectors * SECTOR_SIZE


def _unreadable(path: str | os.PathLike[str], error: OSError) -> BurningError:
    """Return the error for an image that cannot be read."""
    return BurningError(
        said("The image cannot be read"),
        where=path,
        why=error.strerror or str(error),
        remedy=said("Check the path, and whether its medium is connected"),
    )


def _no_image(path: str | os.PathLike[str]) -> BurningError:
    """Return the error for a file that is something else."""
    return BurningError(
        said("The file is not a disc image"),
        where=path,
        why=said("it has no volume of ISO 9660 or UDF"),
        remedy=said("Burn an image made by the image command, or another .iso file"),
    )


def _compare(path: str, size: int, expected: str, monitor: Monitor) -> None:
    """Read the disc back and compare it with the image."""
    monitor.start("Reading the disc back", size, "bytes")
    digest = hashlib.sha256()
    left = size
    try:
        with open(path, "rb", buffering=0) as disc:
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(disc.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            while left:
                monitor.check()
                data = disc.read(min(_BUFFER, left))
                if not data:
                    break
                digest.update(data)
                left -= len(data)
                monitor.advance(len(data))
    except OSError as error:
        raise MediumVerificationError(
            said("The disc cannot be read back"),
            where=path,
            why=error.strerror or str(error),
            remedy=said(
                "Do not hand it out; burn it again, more slowly or on another brand of disc"
            ),
        ) from error
    if left or digest.hexdigest() != expected:
        raise MediumVerificationError(
            said("The disc differs from the image"),
            where=path,
            why=said("it ends {0:,} bytes early", left) if left else said("its SHA-256 differs"),
            remedy=said(
                "Do not hand it out; burn it again, more slowly or on another brand of disc"
            ),
        )
