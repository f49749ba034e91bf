"""The files of a UDF image, listed and read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from dicomdir_studio.media.udf_reading.descriptors import Address, text
from dicomdir_studio.media.udf_reading.entry import FileEntry, Icb
from dicomdir_studio.media.udf_reading.partitions import Metadata
from dicomdir_studio.media.udf_reading.recognition import Recognized

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

_NAMED: Final = 257
_HEAD: Final = 38
_IS_DIRECTORY, _IS_DELETED, _IS_PARENT, _IS_METADATA = 0x02, 0x04, 0x08, 0x10
_NO_SPACE: Final = "Non-Allocatable Space"
"""Where worn-out parts of a medium are kept from use; no content (UDF 2.3.13)."""
_MOST_TIMES: Final = 16
"""How many times the length of the image its files have together at most, being linked."""
_DIRECTORY: Final = 4
_FILES: Final = frozenset((0, 5, 249))
"""Of no kind, plain, and real-time (ECMA-167 4/14.6.6, UDF 2.3.5.2.1)."""
_LARGEST_DIRECTORY: Final = 1 << 28
_DEEPEST: Final = 128
_UNUSABLE: Final = frozenset(("", ".", ".."))


class FoundFile(NamedTuple):
    """A file, or what cannot be read where one should be.

    Attributes
    ----------
    name : str
        Its path with slashes.
    place : int
        The sector at which it begins.
    size : int
        Its bytes.
    icb : Icb
        Where its entry is.
    fault : str
        Why it cannot be read; "" if nothing speaks against it.
    """

    name: str
    place: int
    size: int
    icb: Icb
    fault: str = ""


class _Named(NamedTuple):
    """What a directory says of one name."""

    name: str
    icb: Icb
    is_directory: bool


class UdfImage:
    """An image with a UDF file system, of revision 1.02 to 2.60, with or without ISO 9660.

    Parameters
    ----------
    path : path-like
        The image.

    Raises
    ------
    UdfError
        If it has no such file system, or one whose beginnings are damaged.
    OSError
        If it cannot be read.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        found = Recognized(os.fspath(path))
        self._recognized = found
        self._volume = found.volume
        self._blocks = found.blocks
        self._root = found.root
        self._room = 0
        self.name: str = found.name
        self.revision: int = found.revision

    def files(self) -> list[FoundFile]:
        """Return every file, in the order of the directories.

        What is damaged is listed with its fault, and the others are read all the same.

        Raises
        ------
        UdfError
            If the root is damaged, or there is more than a medium of this size can hold.
        """
        found: list[FoundFile] = []
        left = self._blocks.length
        self._room = _MOST_TIMES * left
        most = 2 * self._blocks.count
        seen = {self._root}
        waiting = [("", self._volume.entry(self._root), 0)]
        while waiting:
            folder, entry, depth = waiting.pop()
            left -= entry.size
            try:
                if left < 0 or depth > _DEEPEST:
                    self._blocks.fail("Directories are damaged", "they are too large or too deep")
                names = self._names(entry)
            except OSError as error:
                if not folder:
                    raise
                found.append(FoundFile(folder.rstrip("/"), 0, 0, entry.icb, str(error)))
                continue
            inner: list[tuple[str, FileEntry, int]] = []
            for one in self._sound(folder, names, found):
                made = self._found(f"{folder}{one.name}", one)
                if isinstance(made, FoundFile):
                    found.append(made)
                elif made is not None and made.icb not in seen:
                    seen.add(made.icb)
                    inner.append((f"{folder}{one.name}/", made, depth + 1))
                elif made is not None:
                    fault = "the folder is in the image twice"
                    found.append(FoundFile(f"{folder}{one.name}", 0, 0, one.icb, fault))
                if len(found) + len(seen) > most:
                    self._blocks.fail("Directories are damaged", "they name more than there is")
            waiting += reversed(inner)
        return found

    def pieces(self, file: FoundFile) -> Iterator[bytes]:
        """Yield the bytes of a file.

        Raises
        ------
        UdfError
            If it is damaged.
        OSError
            If the device does not give them.
        """
        if file.fault:
            self._blocks.fail("The file cannot be read", file.fault)
        yield from self._volume.pieces(self._volume.entry(file.icb))

    def check_copies(self) -> None:
        """Raise unless all that an image of ours has twice is there twice, to the byte.

        Readers go to the second copy where the first is damaged; here both must be whole.

        Raises
        ------
        UdfError
            It says which differ.
        OSError
            If the device does not give them.
        """
        self._recognized.check_copies()
        for partition in self._recognized.partitions:
            if not isinstance(partition, Metadata):
                continue
            if not partition.has_mirror:
                self._blocks.fail("The image is damaged", "one of its metadata files is")
            for block in range(partition.length):
                first, second = (
                    self._volume.block(partition, block, mirror=mirror) for mirror in (False, True)
                )
                if first != second:
                    self._blocks.fail("The image is damaged", f"metadata block {block} differs")

    def close(self) -> None:
        """Close the image."""
        self._blocks.close()

    def __enter__(self) -> Self:
        """Return the image, to be closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the image."""
        self.close()

    def _sound(self, folder: str, names: list[_Named], found: list[FoundFile]) -> Iterator[_Named]:
        """Yield the names that can be; the others are faults, so that nothing is mixed up."""
        seen: set[str] = set()
        for one in names:
            name = f"{folder}{one.name}"
            if one.name in _UNUSABLE or any(sign in one.name for sign in "/\\\0"):
                fault = "its name is none"
            elif one.name in seen:
                fault = "another file has the same name"
                name = f"{name} (again)"
            else:
                seen.add(one.name)
                yield one
                continue
            found.append(FoundFile(name, 0, 0, one.icb, fault))

    def _found(self, name: str, one: _Named) -> FoundFile | FileEntry | None:
        """Return a file, the entry of a folder, or None for what is neither."""
        try:
            entry = self._volume.entry(one.icb)
        except OSError as error:
            return FoundFile(name, 0, 0, one.icb, str(error))
        if entry.kind == _DIRECTORY:
            return entry
        if one.is_directory:
            return FoundFile(name, 0, 0, one.icb, "it is called a folder and is none")
        if entry.kind not in _FILES:
            return None  # a link or device
        is_possible = entry.size <= min(self._blocks.length, self._room)
        self._room -= entry.size if is_possible else 0
        if not is_possible:
            fault = f"it says that it has {entry.size:,} bytes, more than the image can hold"
            return FoundFile(name, 0, 0, one.icb, fault)
        return FoundFile(name, self._volume.place(entry), entry.size, one.icb)

    def _names(self, entry: FileEntry) -> list[_Named]:
        """Return what is in a directory, from the mirror if need be."""
        try:
            return self._parsed(entry, mirror=False)
        except OSError:
            if not self._volume.partition(entry.icb.partition).has_mirror:
                raise
            return self._parsed(entry, mirror=True)

    def _parsed(self, entry: FileEntry, *, mirror: bool) -> list[_Named]:
        """Return what is in a directory (ECMA-167 4/14.4)."""
        if entry.size > _LARGEST_DIRECTORY:
            self._blocks.fail("A directory is damaged", f"it has {entry.size:,} bytes")
        data = b"".join(self._volume.pieces(entry, mirror=mirror))
        found: list[_Named] = []
        place = 0
        while place < len(data):
            head = data[place : place + _HEAD]
            if len(head) < _HEAD:
                self._blocks.fail("A directory is damaged", "it is cut off in a name")
            flags, length = head[18], head[19]
            used = int.from_bytes(head[36:38], "little")
            whole = -(-(_HEAD + used + length) // 4) * 4
            self._blocks.checked(data[place : place + whole], None, (_NAMED,))
            if not flags & (_IS_DELETED | _IS_PARENT | _IS_METADATA):
                begin = place + _HEAD + used
                address = Address.long(head[20:36])
                icb = Icb(address.partition or 0, address.block)
                name = text(data[begin : begin + length])
                if name != _NO_SPACE:
                    found.append(_Named(name, icb, bool(flags & _IS_DIRECTORY)))
            place += whole
        return found
