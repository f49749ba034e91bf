"""What can go wrong between a File-set and a finished medium."""

from __future__ import annotations

from dicomdir_studio.errors import StudioError


class MediaError(StudioError, OSError):
    """A medium or an image of one cannot be made as asked."""


class UnfitForMediumError(MediaError):
    """Something in the plan has no place on the medium: a name, a size, a depth."""


class MediumTooSmallError(MediaError):
    """The content does not fit, or one file alone is larger than the medium."""


class MediumVerificationError(MediaError):
    """What was read back from the medium is not what was put on it."""


class BurningError(MediaError):
    """The burning program is not there, found no drive, or failed."""
