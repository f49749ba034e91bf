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


class PasswordNeededError(MediaError):
    """An encrypted archive was to be opened without its password, or with a wrong one.

    Attributes
    ----------
    was_wrong : bool
        Whether a password was given and is not the right one.
    """

    def __init__(self, path: str, *, was_wrong: bool) -> None:
        super().__init__(
            "The password is not the right one" if was_wrong else "The archive has a password",
            where=path,
            remedy="Give the password of the archive",
        )
        self.was_wrong = was_wrong
