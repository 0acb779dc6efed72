"""What cannot be read is a readable error, and a mistake of ours is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from helpers import probes
from helpers.answers import understood
from helpers.errors import BadAnswer, LabError
from helpers.probes import inside


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


@pytest.mark.parametrize("kind", [AttributeError, IndexError, KeyError, TypeError, ValueError])
def test_a_mistake_in_measuring_is_not_taken_for_an_answer(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(*_: object, **__: object) -> str:
        raise kind("ours")

    monkeypatch.setattr(inside, "run", mistaken)
    host: Any = SimpleNamespace(name="host", address="192.168.99.100", run=mistaken)
    calls: list[Callable[[], object]] = [
        lambda: probes.ping(host, None, "192.168.99.101"),
        lambda: probes.resolve(host, None, "web"),
        lambda: probes.http_get(host, None, "http://web/"),
        lambda: probes.nat_rules(host),
        lambda: probes.ipvs(host),
        lambda: probes.routes(host, None),
        lambda: probes.http_mesh([host], port=80),
    ]
    for call in calls:
        with pytest.raises(kind, match="ours"):
            call()


def test_an_engine_that_goes_away_while_a_probe_measures_is_a_readable_error() -> None:
    def gone() -> None:
        raise requests.ConnectionError("connection aborted")

    host: Any = SimpleNamespace(name="host", docker=SimpleNamespace(networks=SimpleNamespace(list=gone)))
    with pytest.raises(LabError, match=r"Measuring with probes\.networks"):
        probes.networks(host)
