"""One File-set for each way in which a DICOMDIR is known to be broken, and what must be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.fileset.salvage.broken_encoding import (
    cut_in_the_middle,
    misnamed_syntax,
    no_meta,
    no_preamble,
    out_of_order,
    overwritten,
    syntax,
    truncated,
    undefined_lengths,
    wrong_class,
    wrong_sequence_length,
)
from tests.fileset.salvage.broken_links import (
    breadth_first_wrong_parent,
    first_second_patient,
    first_wrong,
    first_zero,
    last_zero,
    loop_in_lower,
    loop_in_next,
    loop_to_itself,
    lower_nowhere,
    lower_of_another,
    next_nowhere,
    orphan,
    orphaned_study,
    patients_in_a_ring,
    referenced_twice,
    shifted,
    shifted_by_a_record,
)
from tests.fileset.salvage.broken_records import (
    empty_patient,
    hostile,
    inactive,
    inconsistent,
    multi_referenced,
    no_keys,
    no_patient,
    no_type,
    private_without_uid,
    retired_topic,
    retired_type,
    same_file_id,
    same_record,
    same_uid,
    slashes,
    unknown_level,
    unknown_type,
)
from tests.fileset.salvage.disc import BIG_ENDIAN, DEFLATED, IMPLICIT, Disc, uid

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Fault:
    """A fault and what loading makes of it.

    Attributes
    ----------
    name : str
        What is wrong, as an identifier.
    make : callable
        Breaks a sound disc and returns its DICOMDIR.
    says : str
        What a finding must match (a regular expression).
    at : str
        What the place of that finding must match.
    strict : bool
        Whether loading without salvage refuses it.
    missing, gone : tuple of bytes
        SOP Instance UIDs shown as missing, and those that nothing can bring back.
    extra : int
        Instances that the fault adds.
    writable : bool
        Whether the judges know the record types that are left.
    """

    name: str
    make: Callable[[Disc], bytes]
    says: str
    at: str = ""
    strict: bool = True
    missing: tuple[bytes, ...] = ()
    gone: tuple[bytes, ...] = ()
    extra: int = 0
    writable: bool = True


_SECOND: Final = uid(0, 0, 0, 1)

ZOO: Final = (
    Fault("loop_in_next", loop_in_next, "referenced twice or in a loop", "offset .*ZOO00000"),
    Fault("loop_in_lower", loop_in_lower, "referenced twice or in a loop", "SERIES .*study"),
    Fault("loop_to_itself", loop_to_itself, "leads to the record itself", "IMAGE .*series"),
    Fault("patients_in_a_ring", patients_in_a_ring, "in a loop", "PATIENT"),
    Fault("next_nowhere", next_nowhere, "next record leads nowhere", "instance"),
    Fault("lower_nowhere", lower_nowhere, "lower-level .* leads nowhere", "STUDY"),
    Fault("lower_of_another", lower_of_another, "referenced twice", "PATIENT .*ZOO00001"),
    Fault("breadth_first", breadth_first_wrong_parent, "referenced twice", "ZOO00001"),
    Fault("shifted", shifted, "All offsets are wrong by -132 bytes"),
    Fault("shifted_by_a_record", shifted_by_a_record, "All offsets are wrong by"),
    Fault("first_zero", first_zero, "first directory record is missing", "PATIENT", strict=False),
    Fault("first_wrong", first_wrong, "first .* wrong", "PATIENT", strict=False),
    Fault("first_second_patient", first_second_patient, "first .* wrong", strict=False),
    Fault("last_zero", last_zero, "last directory record", "PATIENT", strict=False),
    Fault("truncated", truncated, "cut off", "", gone=()),
    Fault("wrong_sequence_length", wrong_sequence_length, "ends at byte"),
    Fault("orphan", orphan, "No link leads", "IMAGE .*ZOO00000.*instance", strict=False),
    Fault("orphaned_study", orphaned_study, "No link leads", "STUDY", strict=False),
    Fault("referenced_twice", referenced_twice, "referenced twice", "STUDY"),
    Fault("no_type", no_type, "Type is missing", "STUDY record"),
    Fault("unknown_type", unknown_type, "HOLOGRAM is not known", strict=False, writable=False),
    Fault("unknown_level", unknown_level, "Type UNKNOWN is not known", "PATIENT"),
    Fault("retired_type", retired_type, "OVERLAY was retired", strict=False, writable=False),
    Fault("retired_topic", retired_topic, "TOPIC was retired", writable=False),
    Fault("multi_referenced", multi_referenced, "retired MRDR", "IMAGE"),
    Fault("no_keys", no_keys, "Patient ID of the PATIENT record is missing", "ZOO00000"),
    Fault("inactive", inactive, "In-use Flag is 0000H", "instance", strict=False),
    Fault("inconsistent", inconsistent, "Consistency Flag", strict=False),
    Fault("private_without_uid", private_without_uid, "Private Record UID .* missing"),
    Fault("undefined_lengths", undefined_lengths, "Consistency Flag", strict=False),
    Fault("implicit", syntax(IMPLICIT), "Implicit VR Little Endian", strict=False),
    Fault("big_endian", syntax(BIG_ENDIAN), "Explicit VR Big Endian", strict=False),
    Fault("deflated", syntax(DEFLATED), "Deflated Explicit", strict=False),
    Fault("misnamed_syntax", misnamed_syntax, "not encoded as its transfer syntax says"),
    Fault("no_preamble", no_preamble, "preamble"),
    Fault("no_meta", no_meta, "File Meta Information is missing"),
    Fault("wrong_class", wrong_class, "SOP Class of the DICOMDIR"),
    Fault("cut_in_the_middle", cut_in_the_middle, "offsets are wrong by 40", ""),
    Fault("overwritten", overwritten, "its length is wrong"),
    Fault("out_of_order", out_of_order, "elements out of order", "PATIENT", strict=False),
    Fault(
        "same_file_id", same_file_id, "file of another instance", "instance",
        strict=False, missing=(_SECOND,),
    ),
    Fault("same_record", same_record, "referenced by two records", strict=False),
    Fault(
        "same_uid", same_uid, "Two records name", "instance", strict=False, gone=(_SECOND,)
    ),
    Fault("hostile_up", hostile(b"..\\..\\OUT"), "must be inside", missing=(_SECOND,)),
    Fault("hostile_absolute", hostile(b"/etc/passwd"), "must be inside", missing=(_SECOND,)),
    Fault("hostile_drive", hostile(b"C:\\OUT"), "must be inside", missing=(_SECOND,)),
    Fault("hostile_nul", hostile(b"P00000\\A\0B"), "must be inside", missing=(_SECOND,)),
    Fault("slashes", slashes, "slashes", strict=False),
    Fault("no_patient_record", no_patient, "no PATIENT record", strict=False),
    Fault("empty_patient", empty_patient, "no instance below", strict=False),
)  # fmt: skip
"""Every fault whose instances can be had."""
