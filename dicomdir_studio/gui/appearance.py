"""The menu that chooses between light, dark, high contrast and the system's look."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QActionGroup

from dicomdir_studio.gui.style import Appearance

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QMenu


def fill_appearance_menu(
    menu: QMenu, now: Appearance, choose: Callable[[Appearance], None]
) -> None:
    """Fill a menu with one choice for each look.

    Parameters
    ----------
    menu : QMenu
        The menu to fill.
    now : Appearance
        The look that is checked at first.
    choose : callable
        Called with the look that the user chose.
    """
    tr = partial(QCoreApplication.translate, "Appearance")
    names = {
        Appearance.SYSTEM: tr("As the &system"),
        Appearance.LIGHT: tr("&Light"),
        Appearance.DARK: tr("&Dark"),
        Appearance.CONTRAST: tr("High &contrast"),
    }
    group = QActionGroup(menu)
    for appearance, name in names.items():
        choice = menu.addAction(name)
        choice.setCheckable(True)
        choice.setChecked(appearance is now)
        choice.triggered.connect(partial(_chosen, choose, appearance))
        group.addAction(choice)


def _chosen(choose: Callable[[Appearance], None], appearance: Appearance, *_checked: bool) -> None:
    """Pass on which look was chosen."""
    choose(appearance)
