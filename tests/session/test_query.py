"""Queries as people type them."""

from __future__ import annotations

import pytest

from dicomdir_studio.session.query import QueryError, known_keyword, parse_query


@pytest.mark.parametrize(
    "text", ["PatientID", "patientid", " PATIENTID ", "0010,0020", "(0010,0020)", "00100020"]
)
def test_keywords_are_known_in_any_form(text: str) -> None:
    """A keyword in any case and a tag in any form mean the same."""
    assert known_keyword(text) == "PatientID"


def test_an_unknown_keyword_names_similar_ones() -> None:
    """A slip of the finger is met with what was probably meant."""
    with pytest.raises(QueryError, match="Perhaps PatientID"):
        known_keyword("PatientIDD")


@pytest.mark.parametrize("text", ["", "zzzzzzzz", "0011,0001", "6000"])
def test_what_is_no_keyword_is_refused(text: str) -> None:
    """Nothing, nonsense and private tags are no keywords."""
    with pytest.raises(QueryError, match="no keyword"):
        known_keyword(text)


def test_terms_become_a_query() -> None:
    """Each term gives a keyword and its text, which may hold further equal signs."""
    query = parse_query(["patientid= 1 ", "StudyDescription=a=b", "Modality="])
    assert query == {"PatientID": "1", "StudyDescription": "a=b", "Modality": ""}


@pytest.mark.parametrize(
    ("terms", "reason"),
    [(["PatientID"], "KEY=VALUE"), (["PatientID=1", "0010,0020=2"], "twice"), (["=1"], "keyword")],
)
def test_terms_that_are_no_query_are_refused(terms: list[str], reason: str) -> None:
    """A term without a sign, a keyword given twice and an empty one are errors."""
    with pytest.raises(QueryError, match=reason):
        parse_query(terms)
