"""What writing a medium did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MediumReceipt:
    """What was written.

    Attributes
    ----------
    path : str
        The folder or file that holds the medium.
    files : int
        Files on it, the DICOMDIR and the extras included.
    bytes : int
        Bytes of the image or archive; for a folder those of its files.
    digests : dict of str to str
        SHA-256 in hexadecimal of every file, taken while it was read from its source.
    verified : bool
        Whether every byte was read back and compared.
    seconds : float
        How long it took, verification included.
    """

    path: str
    files: int
    bytes: int
    digests: dict[str, str]
    verified: bool
    seconds: float
