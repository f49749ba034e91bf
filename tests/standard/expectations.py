"""What the tables must say, written down a second time, so that a slip in the data shows."""

from __future__ import annotations

from pathlib import Path

FACTS = Path(__file__).resolve().parents[3] / "shared" / "facts"
"""The collection of facts that the tables were built from; not part of a plain checkout."""

_STORAGE = "1.2.840.10008.5.1.4.1.1."

# UIDs below Storage without their common beginning; those of record types with a single level, and
# few others, in full. Left out: classes that the Standard's text leaves open.
_UIDS_BY_RECORD_TYPE: dict[str | None, str] = {
    None: "1.2.840.10008.1.3.10 200.1 200.3 200.7",
    "IMAGE": """
        1.2.840.10008.5.1.1.29 1.2.840.10008.5.1.1.30
        1 1.1 1.1.1 1.2 1.2.1 1.3 1.3.1 2 2.1 2.2 3 3.1 4 4.1 4.3 4.4 5 6 6.1 6.2 6.3 7 7.1 7.2 7.3
        7.4 12.1 12.1.1 12.2 12.2.1 12.3 13.1.1 13.1.2 13.1.3 13.1.4 13.1.5 14.1 14.2 20 30 66.4
        66.7 66.8 77.1 77.1.1 77.1.1.1 77.1.2 77.1.2.1 77.1.3 77.1.4 77.1.4.1 77.1.5.1 77.1.5.2
        77.1.5.4 77.1.5.5 77.1.5.6 77.1.5.7 77.1.5.8 77.1.6 77.1.7 77.1.8 77.1.9 77.2 81.1 82.1
        128 128.1 130 200.2 200.8 481.1""",
    "SPECTROSCOPY": "4.2",
    "WAVEFORM": """
        9.1 9.1.1 9.1.2 9.1.3 9.1.4 9.2.1 9.3.1 9.4.1 9.4.2 9.5.1 9.6.1 9.6.2 9.7.1 9.7.2 9.7.3
        9.7.4 9.8.1""",
    "WF PRESENTATION": "9.100.1 9.100.2",
    "PRESENTATION": "11.1 11.2 11.3 11.4 11.5 11.6 11.7 11.8 11.9 11.10 11.11 11.12 131",
    "RAW DATA": "66",
    "REGISTRATION": "66.1 66.3",
    "FIDUCIAL": "66.2",
    "SURFACE": "66.5",
    "TRACT": "66.6",
    "VALUE MAP": "67",
    "SURFACE SCAN": "68.1 68.2",
    "STEREOMETRIC": "77.1.5.3",
    "MEASUREMENT": "78.1 78.2 78.3 78.4 78.5 78.7 78.8 80.1",
    "SR DOCUMENT": """
        78.6 79.1 88.1 88.2 88.3 88.4 88.11 88.22 88.33 88.34 88.35 88.40 88.50 88.65 88.67 88.68
        88.69 88.70 88.71 88.72 88.73 88.74 88.75 88.76 88.77""",
    "KEY OBJECT DOC": "88.59",
    "ASSESSMENT": "90.1",
    "ANNOTATION": "91.1",
    "ENCAP DOC": "104.1 104.2 104.3 104.4 104.5",
    "INVENTORY": "201.1",
    "RT DOSE": "481.2",
    "RT STRUCTURE SET": "481.3",
    "RT TREAT RECORD": "481.4 481.6 481.7 481.9",
    "RT PLAN": "481.5",
    "RADIOTHERAPY": """
        481.10 481.11 481.12 481.13 481.14 481.15 481.16 481.17 481.18 481.19 481.20 481.21
        481.22""",
    "PLAN": """
        1.2.840.10008.5.1.4.34.1 1.2.840.10008.5.1.4.34.7 1.2.840.10008.5.1.4.34.10""",
    "HANGING PROTOCOL": "1.2.840.10008.5.1.4.38.1",
    "PALETTE": "1.2.840.10008.5.1.4.39.1",
    "IMPLANT": "1.2.840.10008.5.1.4.43.1",
    "IMPLANT ASSY": "1.2.840.10008.5.1.4.44.1",
    "IMPLANT GROUP": "1.2.840.10008.5.1.4.45.1",
    "STORED PRINT": "1.2.840.10008.5.1.1.27",
    "OVERLAY": "8",
    "CURVE": "9 129",
    "MODALITY LUT": "10",
    "VOI LUT": "11",
}

LEFT_OPEN = {f"{_STORAGE}481.{last}" for last in (8, 23, 24, 25)}
"""Classes whose record type the Standard's text does not settle."""


def _full(uid: str) -> str:
    """Return the UID with its beginning."""
    return uid if uid.startswith("1.2.840.") else f"{_STORAGE}{uid}"


CERTAIN: list[tuple[str, str | None]] = [
    (_full(uid), record_type)
    for record_type, uids in _UIDS_BY_RECORD_TYPE.items()
    for uid in uids.split()
]
"""SOP Class UID and record type, for every class that the Standard settles."""
