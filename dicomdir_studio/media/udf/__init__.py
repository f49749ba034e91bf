"""Lays plain UDF file systems, revisions 1.50, 2.50 and 2.60 (ECMA-167, OSTA UDF)."""
