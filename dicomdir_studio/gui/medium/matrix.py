"""The profiles and what stands in the way of each: profile, obstacle, instances."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from PySide6.QtCore import QObject, Qt

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.medium.numbered import TOP, NumberedTree
from dicomdir_studio.gui.medium.words import tr
from dicomdir_studio.gui.models.states import State
from dicomdir_studio.gui.phrases import in_language
from dicomdir_studio.session.making.profiles import takes, why_not_on

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QModelIndex

    from dicomdir_studio.gui.medium.numbered import AnyIndex
    from dicomdir_studio.media.conformance import Obstacle, ProfileFit
    from dicomdir_studio.media.orders import Target

WHAT, STATE, REMEDY = range(3)
_MOST_NAMED = 100


@dataclass(slots=True)
class MatrixRow:
    """One row: its texts, and the profile that it is about.

    Attributes
    ----------
    parent, place : int
        Number of the row above, place below it.
    texts : tuple of str
        What, state, remedy.
    profile : str
        Identifier of the profile.
    state : State
        For the colour.
    children : list of int
        Numbers of the rows below.
    """

    parent: int
    place: int
    texts: tuple[str, str, str] = ("", "", "")
    profile: str = ""
    state: State = State.UNCHANGED
    children: list[int] = field(default_factory=list)


class MatrixRows:
    """The rows of the matrix, made in a job.

    Attributes
    ----------
    rows : list of MatrixRow
        By number; 0 is the root.
    """

    def __init__(self) -> None:
        self.rows = [MatrixRow(-1, 0)]

    @classmethod
    def of(cls, fits: Mapping[str, ProfileFit], target: Target) -> Self:
        """Return rows: what the target takes and fits first, then by what is in the way."""
        made = cls()
        for fit in sorted(fits.values(), key=lambda fit: (not takes(fit, target), rank(fit))):
            state = State.PROBLEM
            if fit.fits_completed:
                state = State.ADDED if fit.fits else State.CHANGED
            elif not fit.is_offered:
                state = State.UNCHANGED
            name = fit.profile.identifier
            elsewhere = in_language(why_not_on(fit, target))
            number = made._add(MatrixRow(TOP, 0, (name, state_text(fit), elsewhere), name, state))
            for obstacle in fit.obstacles:
                made._add_obstacle(number, name, obstacle)
        return made

    def _add_obstacle(self, parent: int, name: str, obstacle: Obstacle) -> None:
        """Add an obstacle and its instances, so many at most."""
        amount = len(obstacle.instances)
        state = State.CHANGED if obstacle.is_completed else State.PROBLEM
        badge = "~" if obstacle.is_completed else "!"
        texts = (
            f"{badge} {in_language(obstacle.what)} ({obstacle.clause})",
            wording.counted(amount, tr("instance"), tr("instances")) if amount else "",
            in_language(obstacle.remedy),
        )
        number = self._add(MatrixRow(parent, 0, texts, name, state))
        for instance in obstacle.instances[:_MOST_NAMED]:
            self._add(MatrixRow(number, 0, (instance, "", ""), name))
        if amount > _MOST_NAMED:
            more = tr("… and {0} more").format(wording.number(amount - _MOST_NAMED))
            self._add(MatrixRow(number, 0, (more, "", ""), name))

    def _add(self, row: MatrixRow) -> int:
        """Add a row and return its number."""
        number = len(self.rows)
        row.place = len(self.rows[row.parent].children)
        self.rows[row.parent].children.append(number)
        self.rows.append(row)
        return number


def rank(fit: ProfileFit) -> tuple[int, int]:
    """Return how near to fitting a profile is, the nearest first."""
    open_ones = [obstacle for obstacle in fit.obstacles if not obstacle.is_completed]
    if not fit.is_offered:
        return (3, 0)
    if not open_ones:
        return (0 if fit.fits else 1, 0)
    return (2, len(open_ones))


def state_text(fit: ProfileFit) -> str:
    """Return how the content stands to a profile, in a few words."""
    if not fit.is_offered:
        return tr("not offered")
    if fit.fits:
        return tr("fits")
    if fit.fits_completed:
        return tr("fits if written with it")
    amount = sum(not obstacle.is_completed for obstacle in fit.obstacles)
    return wording.counted(amount, tr("obstacle"), tr("obstacles"))


class MatrixModel(NumberedTree):
    """Profiles, obstacles and instances."""

    HEADERS: ClassVar[tuple[str, ...]] = ("Profile", "State", "What to do")

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table = MatrixRows()

    def placed(self) -> list[MatrixRow]:
        """Return the rows by number."""
        return self._table.rows

    def set_rows(self, table: MatrixRows) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._table = table
        self.endResetModel()

    def profile_at(self, index: AnyIndex) -> str:
        """Return the identifier of the profile that a row is about, empty for none."""
        return self._table.rows[self.number_at(index)].profile

    def index_of(self, profile: str) -> QModelIndex:
        """Return the index of a profile's row, else an invalid one."""
        for place, number in enumerate(self._table.rows[TOP].children):
            if self._table.rows[number].profile == profile:
                return self.index(place, WHAT)
        return self.index(-1, WHAT)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the texts of a row, and its colour."""
        number = self.number_at(index)
        if not number:
            return None
        row = self._table.rows[number]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            return row.texts[index.column()]
        top = row.parent == TOP
        if role == Qt.ItemDataRole.ForegroundRole and (index.column() == STATE) == top:
            return row.state.brush() if top or index.column() == WHAT else None
        return None
