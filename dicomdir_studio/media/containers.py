"""Disc images and ZIP archives as lists of files that can be copied out (no mounting)."""

from __future__ import annotations

import contextlib
import re
import stat
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, Protocol

from dicomdir_studio.errors import OperationCancelledError, StorageError
from dicomdir_studio.media.archives import faults_of, is_locked, written_archive
from dicomdir_studio.media.errors import PasswordNeededError
from dicomdir_studio.media.image_file import ImageFile
from dicomdir_studio.media.udf_reading import UdfImage
from dicomdir_studio.media.unopenable import shortened
from dicomdir_studio.phrases import said
from dicomdir_studio.standard.media import SECTOR_SIZE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from dicomdir_studio.monitor import Monitor

AskPassword = Callable[[str], str | None]
"""Given an archive's name, returns its password, or None to give up; asked while it is wrong."""

_CHUNK: Final = 1 << 20
_REPLACED: Final = said("a later file in the archive has the same name, and was used")
_CUT_OFF: Final = said("the image is cut off before its end")
_VERSION: Final = re.compile(r"\.?;\d+\Z")


class Entry(NamedTuple):
    """A file in a container.

    Attributes
    ----------
    name : str
        Its path with slashes.
    place : int
        Where it lies on the medium.
    size : int
        Its length.
    fault : str
        Why it cannot be had, "" if nothing speaks against it.
    """

    name: str
    place: int
    size: int
    fault: str = ""


class Source(Protocol):
    """A container that is open."""

    def entries(self) -> list[Entry]:
        """Return the files."""

    def copy(self, entry: Entry, out: BinaryIO, monitor: Monitor) -> None:
        """Copy one file."""

    def close(self) -> None:
        """Close the container."""


class Archive:
    """A ZIP archive.

    Parameters
    ----------
    name : str
        The file.
    ask_password : callable or None
        Asked where the archive is encrypted.

    Raises
    ------
    PasswordNeededError
        If it is encrypted and there is nobody to ask.
    """

    def __init__(self, name: str, ask_password: AskPassword | None) -> None:
        self._name = name
        try:
            self._zip = written_archive(name)
        except zipfile.BadZipFile as error:
            raise StorageError(
                "The archive is damaged",
                where=name,
                why=str(error),
                remedy="Obtain it again from its source",
            ) from error
        self._faults = faults_of(self._zip)
        files = [info for info in self._zip.infolist() if self._is_file(info)]
        # What was added later replaces what has the same name; that is told if it is another.
        self._members = {info.filename: info for info in files}
        self._replaced = [info for info in files if self._is_replaced(info)]
        # An empty file shows nothing of a password, a large one takes long to show it.
        locked = [info for info in self._members.values() if is_locked(info)]
        if locked:
            first = min(locked, key=lambda info: (info.file_size == 0, info.file_size))
            try:
                self._unlock(first, ask_password)
            except BaseException:
                self.close()
                raise

    @staticmethod
    def _is_file(info: zipfile.ZipInfo) -> bool:
        """Return whether a member is an ordinary file, neither a folder nor a link."""
        return not info.is_dir() and not stat.S_ISLNK(info.external_attr >> 16)

    def _is_replaced(self, info: zipfile.ZipInfo) -> bool:
        """Return whether another file has the same name and comes later in the archive."""
        last = self._members[info.filename]
        return (info.CRC, info.file_size) != (last.CRC, last.file_size)

    def _unlock(self, info: zipfile.ZipInfo, ask_password: AskPassword | None) -> None:
        """Ask for the password until it is right."""
        if ask_password is None:
            raise PasswordNeededError(self._name, was_wrong=False)
        while True:
            password = ask_password(self._name)
            if password is None:
                raise OperationCancelledError("The archive has a password, and none was given")
            if any(self._opens(info, password.encode(code)) for code in _codes(password)):
                return

    def _opens(self, info: zipfile.ZipInfo, password: bytes) -> bool:
        """Return whether a password opens a member; all of it, since short checks err."""
        self._zip.setpassword(password)
        try:
            with self._zip.open(info) as member:
                while member.read(_CHUNK):
                    pass
        except NotImplementedError as error:
            raise StorageError(
                "The archive is encrypted in a way that cannot be read here",
                where=self._name,
                why=str(error),
                remedy="Unpack it with another program and open the folder",
            ) from error
        except self._faults:
            return False
        return True

    def entries(self) -> list[Entry]:
        """Return the files, with where they begin in the archive."""
        replaced = [
            Entry(info.filename, info.header_offset, info.file_size, _REPLACED)
            for info in self._replaced
        ]
        return replaced + [
            Entry(name, info.header_offset, info.file_size) for name, info in self._members.items()
        ]

    def copy(self, entry: Entry, out: BinaryIO, monitor: Monitor) -> None:
        """Copy one file; no more than it says that it has."""
        try:
            with self._zip.open(self._members[entry.name]) as member:
                while data := member.read(_CHUNK):
                    monitor.check()
                    monitor.advance(len(data), entry.name)
                    out.write(data)
        except self._faults as error:
            raise OSError(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Close the archive."""
        self._zip.close()


def _codes(password: str) -> tuple[str, ...]:
    """Return how a password may have been coded: today's way, then that of old programs."""
    codes = ["utf-8"]
    for code in ("cp437", "latin-1"):
        with contextlib.suppress(UnicodeEncodeError):
            if password.encode(code) != password.encode("utf-8"):
                codes.append(code)
    return tuple(codes)


class Image:
    """A disc image, read by the names that say most: Rock Ridge, Joliet, UDF, ISO 9660.

    Parameters
    ----------
    name : str
        The file.
    """

    def __init__(self, name: str) -> None:
        from pycdlib import PyCdlib  # noqa: PLC0415 - for images alone
        from pycdlib.pycdlibexception import PyCdlibException  # noqa: PLC0415

        self._fault = PyCdlibException
        self._iso = PyCdlib()
        self._file = ImageFile(name)
        try:
            self._iso.open_fp(self._file)
        except Exception as error:  # it raises whatever its parser stumbles over
            self._file.close()
            raise shortened(name) or StorageError(
                "The disc image cannot be read",
                where=name,
                why=str(error) or type(error).__name__,
                remedy="Make the image again, or open the disc itself",
            ) from error
        self._names = self._best_names()
        self._paths: dict[str, str] = {}

    def _best_names(self) -> str:
        """Return by which names pycdlib is to be asked."""
        if self._iso.has_rock_ridge():
            return "rr_path"
        if self._iso.has_joliet():
            return "joliet_path"
        return "udf_path" if self._iso.has_udf() else "iso_path"

    @property
    def has_udf_names(self) -> bool:
        """Whether no names say more than those of UDF."""
        return self._names == "udf_path"

    def entries(self) -> list[Entry]:
        """Return the files, with where they begin on the disc."""
        found: list[Entry] = []
        try:
            for folder, _, names in self._iso.walk(**{self._names: "/"}):
                found += self._entries_in(folder, names)
        except (self._fault, RecursionError, UnicodeError) as error:
            raise OSError(f"its folders cannot be listed: {error}") from error
        return found

    def _entries_in(self, folder: str, names: list[str]) -> Iterator[Entry]:
        """Yield the files of one folder."""
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            try:
                record = self._iso.get_record(**{self._names: path})
                size, place = _length_of(record), int(record.extent_location() or 0)
            except (self._fault, AttributeError):
                continue  # a link, or a name that leads to nothing
            plain = _VERSION.sub("", path) if self._names == "iso_path" else path
            self._paths[plain.lstrip("/")] = path
            yield Entry(plain.lstrip("/"), place, size, self._fault_at(place, size))

    def _fault_at(self, place: int, size: int) -> str:
        """Return why a file that begins at a sector cannot be read, "" if it can be."""
        end = self._file.end
        if end is None or self.has_udf_names:  # those count from the beginning of a partition
            return ""
        return _CUT_OFF if size and place * SECTOR_SIZE + size > end else ""

    def copy(self, entry: Entry, out: BinaryIO, monitor: Monitor) -> None:
        """Copy one file."""
        monitor.check()
        try:
            self._iso.get_file_from_iso_fp(out, **{self._names: self._paths[entry.name]})
        except self._fault as error:
            raise OSError(str(error)) from error
        monitor.advance(entry.size, entry.name)

    def close(self) -> None:
        """Close the image."""
        self._iso.close()
        self._file.close()


def _length_of(record: Any) -> int:
    """Return the bytes of a file, all its extents together (ECMA-119 6.5.1)."""
    length = 0
    while record is not None:
        length += int(record.get_data_length())
        record = getattr(record, "data_continuation", None)
    return length


class UdfDisc:
    """A disc image, read by its UDF file system.

    Parameters
    ----------
    name : str
        The file.
    """

    def __init__(self, name: str) -> None:
        self._image = UdfImage(name)
        self._files = {file.name: file for file in self._image.files()}

    def entries(self) -> list[Entry]:
        """Return the files, with where they begin on the disc, and what is damaged."""
        return [
            Entry(file.name, file.place, file.size, file.fault) for file in self._files.values()
        ]

    def copy(self, entry: Entry, out: BinaryIO, monitor: Monitor) -> None:
        """Copy one file."""
        for data in self._image.pieces(self._files[entry.name]):
            monitor.check()
            monitor.advance(len(data), entry.name)
            out.write(data)

    def close(self) -> None:
        """Close the image."""
        self._image.close()


def disc_image(name: str, marks: Collection[bytes]) -> Source:
    """Return a disc image, open, by the file system whose names say most.

    Parameters
    ----------
    name : str
        The file.
    marks : collection of bytes
        The file systems that it says it has: CD001 of ISO 9660, NSR02 and NSR03 of UDF.

    Raises
    ------
    StorageError
        If none of them can be read.
    """
    has_udf = not {b"NSR02", b"NSR03"}.isdisjoint(marks)
    if b"CD001" not in marks:
        return UdfDisc(name)
    try:
        image = Image(name)
    except StorageError:
        if not has_udf:
            raise
        with contextlib.suppress(StorageError):
            return UdfDisc(name)
        raise
    if image.has_udf_names:
        with contextlib.suppress(StorageError):
            disc = UdfDisc(name)
            image.close()
            return disc
    return image
