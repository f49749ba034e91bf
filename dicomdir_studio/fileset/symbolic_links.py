"""Symbolic links among the files of a File-set, as a copied or composed medium may have them.

They are followed as long as they stay inside the root. What a link leads to may be a file of
another record, or nobody's; a write must not take it away as long as the link is needed.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from dicomdir_studio.courtesy import giving_way
from dicomdir_studio.errors import FileIdError
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


class _Folder(NamedTuple):
    """A folder: where it really is, relative to the root, and the links in it."""

    place: str
    links: frozenset[str]


class SymbolicLinks:
    """Looks up symbolic links below one root, each folder once.

    Parameters
    ----------
    root : str
        The root, links resolved. All names are relative to it, with ``/``.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._folders: dict[str, _Folder] = {}

    def has(self, name: str) -> bool:
        """Return whether a file is a symbolic link itself."""
        folder, _, last = name.rpartition("/")
        return last in self._folder(folder).links

    def real_path(self, name: str) -> str:
        """Return the path of the file that a link leads to.

        Raises
        ------
        FileIdError
            If it lies outside the root.
        """
        real = os.path.realpath(self._path(name))
        if not self._is_inside(real):
            raise FileIdError(
                said("A symbolic link leads out of the File-set"),
                where=self._path(name),
                why=said("it leads to {0}", real),
                remedy=said("Put the file itself in its place, and open the File-set again"),
            )
        return real

    def place_of(self, name: str) -> str:
        """Return where a name is, the links of its folder resolved, itself not."""
        folder, _, last = name.rpartition("/")
        return self._folder(folder).place + last

    def needed_by(self, names: Collection[str], others: Collection[str]) -> frozenset[str]:
        """Return the places that `names` need to lead to their files.

        Parameters
        ----------
        names : collection of str
            The files that stay.
        others : collection of str
            The files that are to go.

        Returns
        -------
        frozenset of str
            Of the files themselves, of links, and of what those lead to; empty where there
            are no symbolic links.
        """
        folders = {name.rpartition("/")[0] for some in (names, others) for name in some}
        known = ((folder, self._folder(folder)) for folder in folders)
        if not any(found.links or found.place.rstrip("/") != folder for folder, found in known):
            return frozenset()
        return frozenset(place for name in giving_way(names) for place in self._way(name))

    def leading_over(self, names: Collection[str]) -> frozenset[str]:
        """Return those of `names` that are links leading to, or over, others of them."""
        links = [name for name in giving_way(names) if self.has(name)]
        places = {self.place_of(name) for name in names} if links else set()
        return frozenset(name for name in links if len(places.intersection(self._way(name))) > 1)

    def _way(self, name: str) -> Iterator[str]:
        """Yield where a name is and, of a link, each place that it leads through."""
        seen: set[str] = set()
        while True:
            place = self.place_of(name)
            if place in seen:
                return
            seen.add(place)
            yield place
            if not self.has(place):
                return
            path = self._path(place)
            folder, last = os.path.split(os.path.join(os.path.dirname(path), os.readlink(path)))
            target = os.path.join(os.path.realpath(folder), last)
            if not self._is_inside(target):  # no way of ours, though it may lead back
                target = os.path.realpath(path)
            name = os.path.relpath(target, self._root).replace(os.sep, "/")

    def _is_inside(self, path: str) -> bool:
        """Return whether a path is below the root."""
        return path.startswith(os.path.join(self._root, ""))

    def _path(self, name: str) -> str:
        """Return the path of a name."""
        return os.path.join(self._root, *name.split("/"))

    def _folder(self, name: str) -> _Folder:
        """Return what a folder is."""
        known = self._folders.get(name)
        if known is None:
            path = self._path(name)
            links: frozenset[str] = frozenset()
            # What cannot be listed cannot be written to either, which is said there.
            with suppress(OSError), os.scandir(path) as listing:
                links = frozenset(one.name for one in listing if one.is_symlink())
            place = os.path.relpath(os.path.realpath(path), self._root).replace(os.sep, "/")
            known = _Folder("" if place == "." else f"{place}/", links)
            self._folders[name] = known
        return known


def notes_of_links(linked: Sequence[str], held: Sequence[str]) -> Iterator[str]:
    """Yield what is to be known of symbolic links before a write.

    Parameters
    ----------
    linked : sequence of str
        Links of which the content is copied under a new name.
    held : sequence of str
        Files that would be removed, but for links to them that stay.
    """
    if linked:
        yield said(
            "Files of the File-set are symbolic links: {0:,}, the first is {1}. Their content is "
            "copied under the new names, and the links are removed",
            len(linked),
            linked[0],
        )
    if held:
        yield said(
            "Files are not removed because other files of the File-set are symbolic links to "
            "them: {0:,}, the first is {1}",
            len(held),
            held[0],
        )
