"""Making media from a File-set: examined, proposed, changed, then written."""
