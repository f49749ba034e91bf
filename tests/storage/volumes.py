"""Volumes that fail, die or remember, for the fault tests."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

from dicomdir_studio.storage import Volume

if TYPE_CHECKING:
    from collections.abc import Callable

CHANGING = (
    "mkdir",
    "create",
    "write",
    "finish",
    "link",
    "link_from",
    "replace",
    "unlink",
    "rmdir",
    "fsync",
    "sync_directory",
    "sync_all",
)
"""Every method of a volume that changes the tree or puts it on the medium."""


class Killed(BaseException):
    """The process is dead from here on."""


class Counting(Volume):
    """Counts its changing calls and does something before (or after) each."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.count = 0
        for name in CHANGING:
            setattr(self, name, self._counted(getattr(self, name)))

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return `call` with what is to happen around it."""

        def counted(*arguments: Any) -> Any:
            self.count += 1
            if call.__name__ == "finish":  # even a dead process leaves no file open
                call(*arguments)
                self.before("finish")
                return self.after("finish")
            self.before(call.__name__)
            result = call(*arguments)
            self.after(call.__name__)
            return result

        return counted

    def before(self, call: str) -> None:
        """Happens before each call."""

    def after(self, call: str) -> None:
        """Happens after each call."""

    def fsync(self, descriptor: int) -> None:
        """Trust the test machine: what is lost without is a matter for the power-loss test."""

    def sync_directory(self, path: str) -> None:
        """Likewise."""

    def sync_all(self) -> None:
        """Likewise."""


class Weak(Volume):
    """As if the file system had no hard links, and no one call that syncs all."""

    knows_links = False
    can_sync_all = False

    def link(self, source: str, target: str) -> None:
        """Refuse, as FAT does."""
        raise OSError(errno.EPERM, os.strerror(errno.EPERM), target)

    def link_from(self, source: str, target: str) -> None:
        """Refuse, as FAT does."""
        raise OSError(errno.EPERM, os.strerror(errno.EPERM), target)


class Failing(Counting):
    """Fails the n-th call, once or from then on, before or after it takes effect."""

    number = 0
    error: int | None = None
    lasting = False
    late = False

    def before(self, call: str) -> None:
        """Fail, unless late."""
        if not self.late:
            self._fail()

    def after(self, call: str) -> None:
        """Fail, if late."""
        if self.late:
            self._fail()

    def _fail(self) -> None:
        """Fail if it is time to."""
        if self.number and (
            self.count == self.number or (self.lasting and self.count > self.number)
        ):
            if self.error is None:
                raise Killed
            raise OSError(self.error, os.strerror(self.error))


class WeakFailing(Weak, Failing):
    """The same without hard links."""


class Fault:
    """Makes volumes that fail one call; without an error they die there.

    Attributes
    ----------
    volume : Failing or None
        The last one made.
    """

    def __init__(
        self,
        number: int = 0,
        error: int | None = None,
        *,
        lasting: bool = False,
        late: bool = False,
        weak: bool = False,
    ) -> None:
        self._settings = (number, error, lasting or error is None, late)
        self._base = WeakFailing if weak else Failing
        self.volume: Failing | None = None

    def __call__(self, root: str) -> Failing:
        """Return a volume of `root`."""
        volume = self._base(root)
        volume.number, volume.error, volume.lasting, volume.late = self._settings
        self.volume = volume
        return volume

    @property
    def calls(self) -> int:
        """How many changing calls there have been."""
        return self.volume.count if self.volume else 0
