"""Files that do not have the name by which their record references them (PS3.10 8.2).

They are found all the same where only case, an extension or a version number differs. Other
programs, which look for the File ID to the letter, take them for missing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from dicomdir_studio.courtesy import giving_way
from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.fileset.locating import within_root
from dicomdir_studio.part10 import table
from dicomdir_studio.phrases import said
from dicomdir_studio.storage import is_fat, is_optical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicomdir_studio.fileset.file_instance import FileInstance

NAMED_OTHERWISE: Final = said("it is named otherwise than its record says")
"""What is said in brief of files that do not have the names that their records say."""


class MediumNames:
    """Compares names as the system shows them with File IDs, by what they are on the medium.

    Linux shows the names of a disc of plain ISO 9660 in lower case. FAT has them in upper case
    beside the form that is shown, and no system distinguishes the two there.

    Parameters
    ----------
    root : str
        The root of the File-set, links resolved.
    """

    def __init__(self, root: str) -> None:
        self._is_lowered = is_optical(root)
        self._is_fat = is_fat(root)

    def agree(self, name: str, file_id: str) -> bool:
        """Return whether a file that is shown by a name has that File ID, both with ``/``."""
        if name == file_id:
            return True
        if self._is_fat:
            return name.lower() == file_id.lower()
        return self._is_lowered and name == file_id.lower()


def findings_of_names(instances: Iterable[FileInstance], root: str | None) -> list[Finding]:
    """Return one finding about all files whose names are not those that their records say.

    Parameters
    ----------
    instances : iterable of FileInstance
        What to look at; those staged for addition have no File ID yet.
    root : str or None
        The root of the File-set, links resolved; None for one that was not written yet.
    """
    if root is None:
        return []
    named = list(_named_otherwise(instances, root))
    if not named:
        return []
    file_id, name = named[0]
    what = said(
        "Files do not have the names by which their records reference them: {0:,}, "
        "the first is {1} instead of {2}",
        len(named),
        name,
        file_id,
    )
    remedy = said(
        "Other programs may not find them; write or copy the File-set with the standard layout"
    )
    path = os.path.join(root, *name.split("/"))
    return [Finding(Severity.WARNING, what, root, "PS3.10 8.2", remedy, path, NAMED_OTHERWISE)]


def note_of_kept_names(
    ids: Mapping[FileInstance, tuple[str, ...]],
    lies_at: Mapping[FileInstance, str],
    names: MediumNames,
) -> Iterator[str]:
    """Yield what is to be known of files that stay under other names than their File IDs.

    Parameters
    ----------
    ids : mapping of FileInstance to tuple of str
        The File IDs that are planned.
    lies_at : mapping of FileInstance to str
        Where the files lie that a write leaves there, relative to the root, with ``/``.
    names : MediumNames
        The names on the medium.
    """
    named = [
        (file_id, name)
        for one, parts in ids.items()
        if (name := lies_at.get(one)) is not None
        and not names.agree(name, file_id := "/".join(parts))
        if file_id.isascii()
    ]
    if named:
        file_id, name = named[0]
        yield said(
            "Files stay where they are under other names than their File IDs: {0:,}, the first "
            "is {1} instead of {2}. Other programs may not find them (PS3.10 8.2); the standard "
            "layout gives them their names",
            len(named),
            name,
            file_id,
        )


def _named_otherwise(instances: Iterable[FileInstance], root: str) -> Iterator[tuple[str, str]]:
    """Yield File ID and name of the files that differ; a File ID beyond ASCII is not compared."""
    prefix = os.path.join(root, "")
    names = MediumNames(root)
    for instance in giving_way(instances):
        if instance._located is None:
            continue
        value = within_root(instance.node._raw_value(table.FILE_ID) or b"")
        parts = (part.strip(b" \0") for part in value.split(b"\\"))
        file_id = b"/".join(parts).decode("latin-1")
        name = instance._located[len(prefix) :].replace(os.sep, "/")
        if not names.agree(name, file_id) and file_id.isascii():
            yield file_id, name
