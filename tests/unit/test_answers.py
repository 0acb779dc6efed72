"""What cannot be read is a readable error, and a mistake of ours is none."""

from __future__ import annotations

import json

import pytest

from helpers.answers import understood
from helpers.errors import BadAnswer, LabError


@pytest.mark.parametrize("answer", ["", "[]", "{}", '{"Id": 1}', "null"])
def test_an_answer_that_cannot_be_read_is_a_readable_error(answer: str) -> None:
    with pytest.raises(BadAnswer, match="Reading the answer"), understood("the answer"):
        json.loads(answer)["Id"].strip()


def test_a_bare_exception_is_docker_pys_word_for_garbage() -> None:
    with pytest.raises(BadAnswer, match="Can't create Container"), understood("the answer"):
        raise Exception("Can't create Container from []")


@pytest.mark.parametrize("error", [LabError("a", "b", "c"), NameError("ours"), OSError("gone")])
def test_all_else_comes_through(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, understood("the answer"):
        raise error
    assert caught.value is error


def test_a_parser_may_have_exceptions_of_its_own() -> None:
    with pytest.raises(BadAnswer, match="EOFError"), understood("a file", EOFError):
        raise EOFError
