"""The File-set engine and its public API.

Names and behaviour are those of `pydicom.fileset` in pydicom 3.0. Extensions are
new methods and keyword arguments.

What indexing a folder does not need is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.fileset.changes import (
    AddReport,
    Answer,
    Change,
    Conflict,
    ConflictKind,
    Finding,
    Layout,
    Refusal,
    Severity,
    Tally,
)
from dicomdir_studio.fileset.file_instance import FileInstance
from dicomdir_studio.fileset.file_set import FileSet
from dicomdir_studio.fileset.record_node import RecordNode
from dicomdir_studio.fileset.recorders import DIRECTORY_RECORDERS
from dicomdir_studio.fileset.write_plan import WritePlan, WriteReceipt
from dicomdir_studio.standard.file_ids import generate_filename, is_conformant_file_id

if TYPE_CHECKING:
    from dicomdir_studio.fileset.backup import restore_backup
    from dicomdir_studio.fileset.charsets import Reading, candidate_readings
    from dicomdir_studio.fileset.history import (
        History,
        KnownInstance,
        Replayed,
        ReplayError,
        Step,
    )
    from dicomdir_studio.fileset.manifest import save_manifest
    from dicomdir_studio.fileset.recoding import TextGroup
    from dicomdir_studio.fileset.retiring import Retired

__all__ = [
    "DIRECTORY_RECORDERS",
    "AddReport",
    "Answer",
    "Change",
    "Conflict",
    "ConflictKind",
    "FileInstance",
    "FileSet",
    "Finding",
    "History",
    "KnownInstance",
    "Layout",
    "Reading",
    "RecordNode",
    "Refusal",
    "ReplayError",
    "Replayed",
    "Retired",
    "Severity",
    "Step",
    "Tally",
    "TextGroup",
    "WritePlan",
    "WriteReceipt",
    "candidate_readings",
    "generate_filename",
    "is_conformant_file_id",
    "restore_backup",
    "save_manifest",
]

_LATER: Final = {
    **dict.fromkeys(("History", "KnownInstance", "ReplayError", "Replayed", "Step"), "history"),
    **dict.fromkeys(("Reading", "candidate_readings"), "charsets"),
    "Retired": "retiring",
    "TextGroup": "recoding",
    "restore_backup": "backup",
    "save_manifest": "manifest",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for (PEP 562); afterwards it is found without this call."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    return value


def __dir__() -> list[str]:
    """Return the names of the package, including what has not been imported yet."""
    return sorted({*globals(), *_LATER})
