"""Finds instances and values in a File-set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomdir_studio.fileset.contents import FileSetContents
from dicomdir_studio.garbage import paused_collection
from dicomdir_studio.monitor import Monitor

if TYPE_CHECKING:
    from dicomdir_studio.fileset.columns import Columns
    from dicomdir_studio.fileset.file_instance import FileInstance


class FileSetSearching(FileSetContents):
    """The operations that look for instances by the values of elements."""

    def find(
        self, load: bool = False, *, monitor: Monitor | None = None, **kwargs: Any
    ) -> list[FileInstance]:
        """Return the instances whose elements have the given values.

        Parameters
        ----------
        load : bool, optional
            Also read the files, not only the records: their headers, unless Pixel Data is
            searched for.
        monitor : Monitor, optional
            Receives progress in the files; can cancel.
        **kwargs
            Values by keyword, ``PatientID="1234567"``. An element of a lower record takes
            precedence over the same element of a higher one.
        """
        if not kwargs:
            return self._stage.present[:]
        from dicomdir_studio.fileset import query

        if load:
            return query.find_in_files(self._stage.present, kwargs, monitor or Monitor())
        with paused_collection():
            return query.find_in_records(self._present_columns(), kwargs)

    def search(
        self,
        wanted: dict[str, Any],
        *,
        load: bool = False,
        monitor: Monitor | None = None,
    ) -> list[FileInstance]:
        """Return the instances that match a query as typed by the user.

        Case does not matter, ``*`` and ``?`` are wild cards (PS3.4 C.2.2.2.4), numbers
        and names are compared as text.

        Parameters
        ----------
        wanted : dict of str to object
            The values to search for, by keyword.
        load : bool, optional
            Look in the files rather than in the records only.
        monitor : Monitor, optional
            Receives progress; can cancel.
        """
        if not wanted:
            return self._stage.present[:]
        from dicomdir_studio.fileset import query

        if load:
            return query.find_in_files(
                self._stage.present, wanted, monitor or Monitor(), lenient=True
            )
        return query.find_in_records(self._present_columns(), wanted, lenient=True)

    def find_values(
        self,
        elements: str | int | list[str | int],
        instances: list[FileInstance] | None = None,
        load: bool = False,
        *,
        monitor: Monitor | None = None,
    ) -> list[Any] | dict[str | int, list[Any]]:
        """Return the distinct values of elements, in order of first occurrence.

        Parameters
        ----------
        elements : str, int or list of these
            Keyword or tag of the element or elements.
        instances : list of FileInstance, optional
            The instances to search; all by default.
        load : bool, optional
            Look in the files rather than in the records only.
        monitor : Monitor, optional
            Receives progress in the files; can cancel.

        Returns
        -------
        list or dict of lists
            The values of the element, or the values by element if a list was given.
        """
        from dicomdir_studio.fileset import query

        wanted = elements if isinstance(elements, list) else [elements]
        counted = self._values(wanted, instances, monitor or Monitor(), load=load)
        values = {element: found[0] for element, found in counted.items()}
        query.warn_of_absent(values, load=load)
        return values if isinstance(elements, list) else values[elements]

    def count_values(
        self,
        element: str | int,
        instances: list[FileInstance] | None = None,
        *,
        load: bool = False,
        monitor: Monitor | None = None,
    ) -> list[tuple[Any, int]]:
        """Return the distinct values of an element with the number of instances of each."""
        counted = self._values([element], instances, monitor or Monitor(), load=load)
        return list(zip(*counted[element], strict=True))

    def _values(
        self,
        elements: list[str | int],
        instances: list[FileInstance] | None,
        monitor: Monitor,
        *,
        load: bool,
    ) -> dict[str | int, tuple[list[Any], list[int]]]:
        """Return values and counts by element."""
        from dicomdir_studio.fileset import query
        from dicomdir_studio.fileset.columns import Columns

        if load:
            return query.values_in_files(instances or self._stage.present, elements, monitor)
        with paused_collection():
            columns = Columns(instances) if instances else self._present_columns()
            return {element: query.values_in_records(columns, element) for element in elements}

    def _present_columns(self) -> Columns:
        """Return the columns of all instances, cached until something is staged."""
        from dicomdir_studio.fileset.columns import Columns

        version = self._stage.version
        kept = self._stage.columns
        if kept is None or kept[0] != version or not kept[1].lasting:
            stage = self._stage
            kept = stage.columns = version, Columns(stage.present, stage.loaded_spans)
        return kept[1]
