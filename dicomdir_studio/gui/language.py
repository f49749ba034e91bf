"""The language of the window: the system's or one that was chosen, where there is a translation."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from PySide6.QtGui import QActionGroup

from dicomdir_studio import resources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtWidgets import QMenu

SOURCE: Final = "en"
_FOLDER: Final = "translations"
_ENDING: Final = ".qm"
_CONTEXT: Final = "window"


class Translation(QTranslator):
    """The texts of the window in one language.

    They are found by the text alone: where one text is shown in two places it means the
    same in both.
    """

    def translate(
        self,
        _context: str,
        source: str,
        _disambiguation: str | None = None,
        _count: int = -1,
    ) -> str | None:
        """Return a text in the language, None where there is no translation."""
        return super().translate(_CONTEXT, source) or None


def languages() -> dict[str, str]:
    """Return the languages that there are by their codes, each by its own name."""
    files = [name for name in resources.names(_FOLDER) if name.endswith(_ENDING)]
    codes = [name.removesuffix(_ENDING) for name in files]
    return {SOURCE: "English"} | {code: QLocale(code).nativeLanguageName() for code in codes}


def language_of(chosen: str) -> str:
    """Return the language to be used: the one chosen, else the first of the system's."""
    known = languages()
    if chosen in known:
        return chosen
    wanted = [name.replace("_", "-").split("-")[0] for name in QLocale.system().uiLanguages()]
    return next((code for code in wanted if code in known), SOURCE)


def use_language(app: QCoreApplication, chosen: str) -> list[QTranslator]:
    """Show all texts in a language from now on; what is shown already stays as it is.

    Parameters
    ----------
    app : QCoreApplication
        The application.
    chosen : str
        The code of a language, or empty for the system's.

    Returns
    -------
    list of QTranslator
        What was installed; none for English.
    """
    code = language_of(chosen)
    if code == SOURCE:
        return []
    ours, qt = Translation(app), QTranslator(app)
    with resources.as_path(f"{_FOLDER}/{code}{_ENDING}") as path:
        ours.load(str(path))
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    installed: list[QTranslator] = [ours]
    if qt.load(f"qtbase_{code}", folder):
        installed.insert(0, qt)  # the last one installed is asked first
    for translator in installed:
        app.installTranslator(translator)
    return installed


@contextmanager
def spoken(app: QCoreApplication, chosen: str) -> Iterator[None]:
    """Show all texts in a language and write numbers as it does, until the program ends.

    Parameters
    ----------
    app : QCoreApplication
        The application.
    chosen : str
        The code of a language, or empty for the system's.
    """
    before = QLocale()
    installed = use_language(app, chosen)
    QLocale.setDefault(locale_of(language_of(chosen)))
    try:
        yield
    finally:
        for translator in installed:
            app.removeTranslator(translator)
        QLocale.setDefault(before)


def locale_of(code: str) -> QLocale:
    """Return how numbers are written where texts are in a language.

    Parameters
    ----------
    code : str
        The code of the language.

    Returns
    -------
    QLocale
        The system's if that is of the same language, else the language's own: "1,5 MB" in a
        German sentence, whatever the system would write.
    """
    system, own = QLocale.system(), QLocale(code)
    return system if system.language() == own.language() else own


def fill_language_menu(menu: QMenu, now: str, choose: Callable[[str], None]) -> None:
    """Fill a menu with one choice for each language.

    Parameters
    ----------
    menu : QMenu
        The menu to fill.
    now : str
        The code of the language chosen, empty for the system's.
    choose : callable
        Called with the code that the user chose.
    """
    system = QCoreApplication.translate("Appearance", "As the &system")
    group = QActionGroup(menu)
    for code, name in {"": system, **languages()}.items():
        choice = menu.addAction(name)
        choice.setCheckable(True)
        choice.setChecked(code == now)
        choice.triggered.connect(partial(_chosen, choose, code))
        group.addAction(choice)


def _chosen(choose: Callable[[str], None], code: str, *_checked: bool) -> None:
    """Pass on which language was chosen."""
    choose(code)
