"""The File-set engine and its public API.

Names and behaviour are those of `pydicom.fileset` in pydicom 3.0. Extensions are
new methods and keyword arguments.
"""

from __future__ import annotations

from dicomdir_studio.fileset.backup import restore_backup
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
from dicomdir_studio.fileset.charsets import Reading, candidate_readings
from dicomdir_studio.fileset.file_instance import FileInstance
from dicomdir_studio.fileset.file_set import FileSet
from dicomdir_studio.fileset.history import History, KnownInstance, Replayed, ReplayError, Step
from dicomdir_studio.fileset.manifest import save_manifest
from dicomdir_studio.fileset.recoding import TextGroup
from dicomdir_studio.fileset.record_node import RecordNode
from dicomdir_studio.fileset.recorders import DIRECTORY_RECORDERS
from dicomdir_studio.fileset.retiring import Retired
from dicomdir_studio.fileset.write_plan import WritePlan, WriteReceipt
from dicomdir_studio.standard.file_ids import generate_filename, is_conformant_file_id

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
