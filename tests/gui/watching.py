"""Qt's own tester of models, which fails a test when one breaks its word to the views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtTest import QAbstractItemModelTester

if TYPE_CHECKING:
    from PySide6.QtCore import QAbstractItemModel


def watch(model: QAbstractItemModel, *, fetching: bool = True) -> None:
    """Test a model as long as it lives.

    Parameters
    ----------
    model : QAbstractItemModel
        The model; the tester goes with it.
    fetching : bool
        Whether the tester fetches rows after changes too. Where a view fetches, it would do so
        inside a change.
    """
    fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
    tester = QAbstractItemModelTester(model, fatal, model)
    if not fetching:
        tester.setUseFetchMore(False)
