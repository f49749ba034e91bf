"""What the DICOM Standard says, as data and look-ups.

The lowest layer: tables with the clause beside each row, shipped as JSON in ``data``,
and the functions that read them. Knows no file system and no data set.
"""
