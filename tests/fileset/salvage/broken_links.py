"""DICOMDIRs whose links lead astray: loops, wrong offsets, records that none leads to."""

from __future__ import annotations

from typing import Final

from tests.fileset.salvage.disc import Disc, images_of

NOWHERE: Final = 77_777_777


def loop_in_next(disc: Disc) -> bytes:
    """Lay a disc: the last image of the first series leads back to the first one."""
    rows = disc.rows("IMAGE")
    disc.records[rows[2]].next = rows[0]
    return disc.lay()


def loop_in_lower(disc: Disc) -> bytes:
    """Lay a disc: the second series has its own patient below it."""
    disc.records[disc.rows("SERIES")[1]].lower = disc.rows("PATIENT")[0]
    return disc.lay()


def loop_to_itself(disc: Disc) -> bytes:
    """Lay a disc: an image is followed by itself."""
    row = disc.rows("IMAGE")[1]
    disc.records[row].next = row
    return disc.lay()


def patients_in_a_ring(disc: Disc) -> bytes:
    """Lay a disc: the last patient leads back to the first one, which the first offset leads to."""
    rows = disc.rows("PATIENT")
    disc.records[rows[-1]].next = rows[0]
    return disc.lay()


def next_nowhere(disc: Disc) -> bytes:
    """Lay a disc: an image's next offset points nowhere."""
    images_of(disc)[0].stated["next"] = NOWHERE
    return disc.lay()


def lower_nowhere(disc: Disc) -> bytes:
    """Lay a disc: a study's lower offset points nowhere."""
    disc.records[disc.rows("STUDY")[1]].stated["lower"] = NOWHERE
    return disc.lay()


def lower_of_another(disc: Disc) -> bytes:
    """Lay a disc: the second patient leads to the first one's studies."""
    first, second = (disc.records[row] for row in disc.rows("PATIENT")[:2])
    second.lower = first.lower
    return disc.lay()


def breadth_first_wrong_parent(disc: Disc) -> bytes:
    """Lay a disc: as above, but the records lie level by level, so that order tells nothing."""
    order = [row for kind in ("PATIENT", "STUDY", "SERIES", "IMAGE") for row in disc.rows(kind)]
    place = {row: new for new, row in enumerate(order)} | {-1: -1}
    for record in disc.records:
        record.next, record.lower = place[record.next], place[record.lower]
    disc.records = [disc.records[row] for row in order]
    disc.last = disc.rows("PATIENT")[-1]
    patients = [disc.records[row] for row in disc.rows("PATIENT")]
    patients[1].lower = patients[0].lower
    return disc.lay()


def shifted(disc: Disc) -> bytes:
    """Lay a disc: all offsets are 132 bytes too small, as if the preamble did not count."""
    disc.shift = -132
    return disc.lay()


def shifted_by_a_record(disc: Disc) -> bytes:
    """Lay a disc: all offsets are too large by one image record, so most lead to a record."""
    disc.lay()
    rows = disc.rows("IMAGE")
    disc.shift = disc.offsets[rows[1]] - disc.offsets[rows[0]]
    return disc.lay()


def first_zero(disc: Disc) -> bytes:
    """Lay a disc: the first offset is 0 though there are records."""
    disc.stated_first = 0
    return disc.lay()


def first_wrong(disc: Disc) -> bytes:
    """Lay a disc: the first offset leads to a series in the middle."""
    disc.first = disc.rows("SERIES")[1]
    return disc.lay()


def first_second_patient(disc: Disc) -> bytes:
    """Lay a disc: the first offset leads to the second patient."""
    disc.first = disc.rows("PATIENT")[1]
    return disc.lay()


def last_zero(disc: Disc) -> bytes:
    """Lay a disc: the last offset is 0 though there are records."""
    disc.stated_last = 0
    return disc.lay()


def orphan(disc: Disc) -> bytes:
    """Lay a disc: no link leads to the second image of the first series."""
    rows = disc.rows("IMAGE")
    disc.records[rows[0]].next = rows[2]
    disc.records[rows[1]].next = -1
    return disc.lay()


def orphaned_study(disc: Disc) -> bytes:
    """Lay a disc: no link leads to the second study of the first patient."""
    disc.records[disc.rows("STUDY")[0]].next = -1
    return disc.lay()


def referenced_twice(disc: Disc) -> bytes:
    """Lay a disc: two studies have the same series below them, which leaves others to nobody."""
    rows = disc.rows("STUDY")
    disc.records[rows[1]].lower = disc.records[rows[0]].lower
    return disc.lay()
