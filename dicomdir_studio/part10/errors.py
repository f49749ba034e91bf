"""What goes wrong while bytes are read or laid."""

from __future__ import annotations

from dicomdir_studio.errors import FileSetError, StudioError


class EncodingError(StudioError, ValueError):
    """Bytes do not follow the encoding rules of PS3.5."""


class NestingError(EncodingError):
    """Sequences are nested deeper than any information object has them."""


class ExcessError(EncodingError):
    """Deflated bytes stand for more than any information object has."""


class DirectoryReadError(FileSetError):
    """A DICOMDIR cannot be read as a Media Storage Directory."""


class DirectoryTooLargeError(FileSetError):
    """A DICOMDIR would pass 4 GiB, beyond what its 32 bit offsets can address."""
