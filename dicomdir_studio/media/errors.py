"""The errors of making and reading media."""

from __future__ import annotations

from dicomdir_studio.errors import OperationCancelledError, StudioError


class MediaError(StudioError, OSError):
    """A medium, or an image of one, cannot be made as requested."""


class UnfitForMediumError(MediaError):
    """The medium cannot hold something in the plan because of its name, size or depth."""


class MediumTooSmallError(MediaError):
    """The content does not fit, or a single file is larger than the medium."""


class MediumVerificationError(MediaError):
    """What was read back from the medium differs from what was written."""


class BurningError(MediaError):
    """The burning program is missing, found no drive, or failed."""


class BurningCancelledError(OperationCancelledError):
    """The user cancelled when the disc in the drive had already been changed."""


class PasswordNeededError(MediaError):
    """An encrypted archive was opened without its password, or with a wrong one.

    Attributes
    ----------
    was_wrong : bool
        Whether a password was given but was wrong.
    """

    def __init__(self, path: str, *, was_wrong: bool) -> None:
        super().__init__(
            "The password is not the right one" if was_wrong else "The archive has a password",
            where=path,
            remedy="Give the password of the archive",
        )
        self.was_wrong = was_wrong
