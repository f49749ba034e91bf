"""Progress reports and cancellation of long operations."""

from __future__ import annotations


class Monitor:
    """Progress of one operation; this base class shows nothing and never cancels.

    The lower layers call `start` once per phase, `advance` as work is done and
    `check` between units of work. Front ends subclass it.
    """

    def start(self, phase: str, total: int | None = None, unit: str = "files") -> None:
        """Begin a phase.

        Parameters
        ----------
        phase : str
            What is being done, as a participle ("Reading headers").
        total : int, optional
            How many units there are, if known.
        unit : str
            ``"files"``, ``"bytes"`` or another plural noun.
        """

    def advance(self, amount: int = 1, detail: str = "") -> None:
        """Report `amount` further units done; `detail` names the current file."""

    def preview(self, shown: object) -> None:
        """Hand over what can be shown before the operation ends.

        Parameters
        ----------
        shown : object
            What it is, the operation says. The operation goes on with it: whoever takes it
            only reads, and takes what the operation returns in its place in the end.
        """

    def check(self) -> None:
        """Raise `OperationCancelledError` if the user asked to stop."""
