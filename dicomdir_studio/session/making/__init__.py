"""Making media of a File-set, as a face does it: looked at, proposed, altered, then written."""
