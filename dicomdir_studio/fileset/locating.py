"""Finds the files that records reference, from one listing per folder.

File IDs are matched with the names on the medium: exactly first, then as copying and
mounting change them (lower case, an extension, a version number). Nothing outside the
root is ever accessed (PS3.10 8.6).
"""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from typing import Final

from dicomdir_studio.errors import FileIdError, StorageError
from dicomdir_studio.phrases import said
from dicomdir_studio.rereading import TRIES, TRY_ELSEWHERE, medium_fails, reread

_SEPARATOR: Final = re.compile(r"[\\/]")
_ASK: Final = said("Request permission to read it")
_MOST_NAMES: Final = 65_536
_DECORATION: Final = re.compile(r"(;\d+|\.dcm|\.)+\Z")


def components_of(value: bytes, encoding: str = "latin-1") -> tuple[str, ...]:
    """Return the components of an encoded Referenced File ID (0004,1500).

    Parameters
    ----------
    value : bytes
        Its value, of the default repertoire if it conforms.
    encoding : str, optional
        The encoding to use if it does not.

    Raises
    ------
    FileIdError
        If it is absolute or leads upwards.
    """
    text = value.decode(encoding).rstrip(" \0")
    parts = [part.strip(" \0") for part in _SEPARATOR.split(text)]
    unsafe = not all(parts) or any(
        part in (".", "..") or ":" in part or "\0" in part for part in parts
    )
    if unsafe:
        raise FileIdError(
            said("ReferencedFileID ('{0}') must be inside the DICOMDIR root path", text),
            why=said("it is absolute, leads upwards or has an empty component, PS3.10 8.2"),
            remedy=said("The record is not to be trusted; open with salvage to leave it out"),
        )
    return tuple(parts)


class _Folder:
    """A folder on the medium and the names in it; `path` ends with the separator."""

    __slots__ = ("files", "folders", "links", "path", "plain")

    def __init__(self, path: str, files: set[str]) -> None:
        self.path = path
        self.files = files
        self.folders: set[str] = set()
        self.links: set[str] = set()
        self.plain: dict[str, tuple[list[str], list[str]]] | None = None

    def like_file(self, name: str) -> str | None:
        """Return the only file that `name` may correspond to on the medium."""
        return self._like(name, 0)

    def like_folder(self, name: str) -> str | None:
        """Return the only folder that `name` may correspond to on the medium."""
        return self._like(name, 1)

    def _like(self, name: str, kind: int) -> str | None:
        """Return the one name of a kind, None where there is none or more than one.

        One that differs in case alone, as mounting changes it, goes before the others.
        """
        if self.plain is None:
            self.plain = {}
            kinds = (self.files | self.links, self.folders | self.links)
            for place, names in enumerate(kinds):
                for known in names:
                    self.plain.setdefault(_plain(known), ([], []))[place].append(known)
        known_as = self.plain.get(_plain(name), ([], []))[kind]
        if len(known_as) > 1:
            known_as = [known for known in known_as if known.lower() == name.lower()]
        return known_as[0] if len(known_as) == 1 else None


def _plain(name: str) -> str:
    """Return a name without additions by copying and mounting, with composed letters."""
    if not name.isascii():
        name = unicodedata.normalize("NFC", _readable(name))
    return _DECORATION.sub("", name.lower())


def _readable(name: str) -> str:
    """Return a name whose bytes the system could not decode as their reader would, in Latin 1."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogateescape").decode("latin-1")
    return name


def within_root(value: bytes) -> bytes:
    """Return a File ID without leading separators and dots, which some discs have.

    A File ID that leads upwards still does.
    """
    parts = re.split(rb"[\\/]", value)
    while parts and parts[0].strip(b" \0") in (b"", b"."):
        del parts[0]
    return b"\\".join(parts)


class Locator:
    """Looks up File IDs below one root.

    Parameters
    ----------
    root : str
        The folder that holds the DICOMDIR, links resolved.

    Attributes
    ----------
    has_guessed : bool
        Whether a file or folder was taken that does not have its name exactly.
    guessed : set of str
        The paths of files that were taken under a like name.
    beside : (bytes, str, set of str)
        The beginning of the File ID found last, its folder with a trailing separator, and the
        files in it: a shortcut for other files in the same folder.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self.has_guessed = False
        self.guessed: set[str] = set()
        self._by_value: dict[bytes, _Folder | None] = {}
        self._by_components: dict[tuple[str, ...], _Folder | None] = {}
        self._folders: dict[str, _Folder | None] = {}
        self._unreadable: dict[str, StorageError] = {}
        # How many names are kept, of which folders they were let go, and whether that goes on.
        self._names = 0
        self._left: set[str] = set()
        self._lets_go = True
        self.beside: tuple[bytes, str, set[str]] = b"", "", set()

    def find(self, value: bytes) -> str | None:
        """Return the path of the file that an encoded File ID names, None if it is not there.

        Raises
        ------
        FileIdError
            If it leads outside the root.
        StorageError
            If its folder cannot be read, so that this is unknown.
        """
        parent, separator, last = value.rpartition(b"\\")
        if parent in self._by_value:
            folder = self._by_value[parent]
            name = last.rstrip(b" \0").decode("latin-1")
            if folder is not None and name in folder.files:
                self.beside = parent + separator, folder.path, folder.files
                return folder.path + name
        components = components_of(value)
        folder = self._folder(components[:-1])
        if b"/" not in value:
            self._by_value[parent] = folder
        path = None if folder is None else self._file(folder, components[-1])
        return path if path or value.isascii() else self._find_in_utf8(value)

    def _find_in_utf8(self, value: bytes) -> str | None:
        """Return what an encoded File ID in UTF-8, which none is to be, names."""
        try:
            components = components_of(value, "utf-8")
        except UnicodeDecodeError:
            return None
        folder = self._folder(components[:-1])
        path = None if folder is None else self._file(folder, components[-1])
        self.has_guessed = self.has_guessed or path is not None
        return path

    def find_named(self, components: tuple[str, ...]) -> str | None:
        """Return what `find` does for a File ID in its components, which conform."""
        parent, name = components[:-1], components[-1]
        folder = self._by_components.get(parent)
        if folder is None:
            folder = self._by_components[parent] = self._folder(parent)
        if folder is None:
            return None
        return folder.path + name if name in folder.files else self._file(folder, name)

    def _file(self, folder: _Folder, name: str) -> str | None:
        """Return the path of a file in a folder, under its actual name."""
        if name not in folder.files and name not in folder.links:
            likely = folder.like_file(name)
            if likely is None:
                return None
            self.has_guessed = True
            name = likely
            self.guessed.add(folder.path + name)
        path = folder.path + name
        if name in folder.links:
            self._check_link(path)
            return path if _is_file(path) else None
        return path if name in folder.files else None

    def _folder(self, components: tuple[str, ...]) -> _Folder | None:
        """Return the folder that the leading components of a File ID name."""
        folder = self._listing(os.path.join(self.root, ""))
        for component in components:
            if folder is None:
                return None
            name: str | None = component
            if component not in folder.folders and component not in folder.links:
                name = folder.like_folder(component)
                self.has_guessed = True
            if name is None or name in folder.files:
                return None
            path = folder.path + name
            if name in folder.links:
                self._check_link(path)
            folder = self._listing(path + os.sep)
        return folder

    def _check_link(self, path: str) -> None:
        """Raise if a symbolic link leads outside the root."""
        target = _target(path)
        if os.path.commonpath((target, self.root)) != self.root:
            raise FileIdError(
                said("ReferencedFileID ('{0}') must be inside the DICOMDIR root path", path),
                where=path,
                why=said("a symbolic link leads out of the File-set"),
                remedy=said(
                    "If the link is to be trusted, put the file itself in its place; or open with "
                    "salvage, which shows the file as missing"
                ),
            )

    def _listing(self, path: str) -> _Folder | None:
        """Return the names in a folder; None if there is no such folder.

        An unreadable folder must not count as empty: its files would count as missing.
        """
        if path in self._folders:
            return self._folders[path]
        if path in self._unreadable:
            raise self._unreadable[path]
        folder: _Folder | None = None
        try:
            folder = reread(lambda: _listed(path))
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            self._unreadable[path] = _unreadable(path, error)
            raise self._unreadable[path] from error
        if folder is not None:
            self._note_names(folder)
        self._folders[path] = folder
        return folder

    def _note_names(self, folder: _Folder) -> None:
        """Let go of the names in folders that were left, where those of all would be very many.

        Most media are read one folder after the other. If a folder comes again, all that are
        read from then on are kept, so that none is read a third time.
        """
        if folder.path in self._left:
            self._lets_go = False
        self._names += len(folder.files)
        if not self._lets_go or self._names <= _MOST_NAMES:
            return
        left = [path for path, one in self._folders.items() if one is not None and not one.folders]
        for path in left:
            del self._folders[path]
        self._left.update(left)
        self._by_value.clear()
        self._by_components.clear()
        self._names = len(folder.files)


def _listed(path: str) -> _Folder:
    """Read the names in a folder."""
    with os.scandir(path) as listing:
        entries = list(listing)
    folder = _Folder(path, {one.name for one in entries if one.is_file(follow_symlinks=False)})
    if len(folder.files) == len(entries):
        return folder
    for entry in entries:
        if entry.is_symlink():
            folder.links.add(entry.name)
        elif entry.is_dir(follow_symlinks=False):
            folder.folders.add(entry.name)
        elif entry.is_file(follow_symlinks=False):  # reading a pipe or device may never end
            folder.files.add(entry.name)
    return folder


def _is_file(link: str) -> bool:
    """Return whether a symbolic link leads to a file."""
    try:
        return stat.S_ISREG(reread(lambda: os.stat(link)).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if error.errno == errno.ELOOP:
            return False
        raise _unreadable(link, error) from error


def _target(link: str) -> str:
    """Return where a symbolic link leads, whether there is anything or not."""
    try:
        return reread(lambda: os.path.realpath(link, strict=True))
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return os.path.realpath(link)
        raise _unreadable(link, error) from error


def _unreadable(path: str, error: OSError) -> StorageError:
    """Return the error for a folder whose files are unknown."""
    failing = medium_fails(error)
    reason = error.strerror or str(error)
    made = StorageError(
        said("A folder of the File-set cannot be read"),
        where=path.rstrip(os.sep),
        why=said("{0}, {1} times", reason, TRIES) if failing else reason,
        remedy=said(
            "{0}; or open with salvage, which shows its content as missing",
            TRY_ELSEWHERE if failing else _ASK,
        ),
    )
    made.errno = error.errno
    return made
