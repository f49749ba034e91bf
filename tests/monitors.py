"""Monitors of people who cancel."""

from __future__ import annotations

from dicomdir_studio.errors import OperationCancelledError
from dicomdir_studio.monitor import Monitor


class Cancelling(Monitor):
    """Cancels at every question after so many; at the very first unless told otherwise."""

    def __init__(self, after: int = 0) -> None:
        self.left = after

    def check(self) -> None:
        """Cancel when the time has come, and from then on."""
        self.left -= 1
        if self.left < 0:
            raise OperationCancelledError


class CancelAt(Monitor):
    """Cancels at the n-th question or word of progress, and at no other."""

    def __init__(self, number: int) -> None:
        self.left = number

    def check(self) -> None:
        """Cancel when the time has come."""
        self.left -= 1
        if self.left == 0:
            raise OperationCancelledError

    def advance(self, amount: int = 1, detail: str = "") -> None:
        """Cancel here too: a face may do so."""
        self.check()

    def start(self, phase: str, total: int | None = None, unit: str = "files") -> None:
        """And here."""
        self.check()
