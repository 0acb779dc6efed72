"""The verdict table decides, shows and fails as documented."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter

from helpers.lab import Lab
from helpers.learning import ClaimFailed, Verdicts
from helpers.learning.claims import FAILS, ROWS, Claim, VerdictTable, as_text, same

FRAME = pd.DataFrame({"name": ["bridge", "host"], "n": [1, 2]})


@pytest.mark.parametrize(
    ("expected", "observed", "equal"),
    [
        ("172.17.0.2", "172.17.0.2", True),
        ("172.17.0.2", "172.17.0.3", False),
        ({"a", "b"}, {"b", "a"}, True),
        (["a", "b"], ["b", "a"], False),
        ([], ["a"], False),
        (True, np.True_, True),
        (1, True, False),
        (3, np.int64(3), True),
        (np.array([1, 2]), [1, 2], True),
        (np.array([1, 2]), [1, 3], False),
        (FRAME, FRAME.copy(), True),
        (FRAME, FRAME.astype({"n": "int8"}), True),
        (FRAME, FRAME.set_index(pd.Index([7, 9])), True),
        (FRAME, FRAME.iloc[:1], False),
        (FRAME, FRAME.rename(columns={"n": "m"}), False),
        (FRAME, "bridge", False),
        (pd.Series({"a": 1}), pd.Series({"b": 1}), False),
        (None, "", False),
    ],
)
def test_same(expected: object, observed: object, equal: bool) -> None:
    assert same(expected, observed) is equal


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"),
        (np.False_, "no"),
        (0.1 + 0.2, "0.3"),
        ({"b", "a"}, "a, b"),
        (("x", 2), "x, 2"),
        ({"k": None}, "k: nothing"),
        ([], "nothing"),
        (FRAME, "  name  n\nbridge  1\n  host  2"),
    ],
)
def test_text_is_identical_in_every_run(value: object, text: str) -> None:
    assert as_text(value) == text


def verdicts() -> Verdicts:
    made = Verdicts("01 Default bridge", engine="26.1.5+dfsg1")
    made.claim("nginx has the first address", expected="172.17.0.2/16", observed="172.17.0.2/16")
    made.claim("few packets are lost", expected="at most 3", observed=2, holds=True, source="beyond")
    return made


def test_the_table_of_claims_that_hold() -> None:
    table = verdicts().table()
    assert list(table.frame["verdict"]) == ["holds", "holds"]
    assert repr(table) == (
        "01 Default bridge: 2 of 2 claims hold on Engine 26.1.5+dfsg1\n"
        "\n"
        "[holds] nginx has the first address (article)\n"
        "    expected  172.17.0.2/16\n"
        "    observed  172.17.0.2/16\n"
        "\n"
        "[holds] few packets are lost (beyond)\n"
        "    expected  at most 3\n"
        "    observed  2"
    )


def test_a_stored_table_is_read_back_with_all_its_rows() -> None:
    table = verdicts().table()
    data, _ = DisplayFormatter().format(table)  # as a kernel stores it
    assert {"text/plain", "text/html", ROWS} <= data.keys()
    stored = VerdictTable.stored_in([{"text": "another output"}, {"data": json.loads(json.dumps(data))}])
    assert stored
    assert repr(stored) == data["text/plain"] == repr(table)
    assert stored._repr_html_() == data["text/html"]
    assert VerdictTable.stored_in([{"data": {"text/plain": repr(table)}}]) is None


def test_html_is_complete_and_escaped() -> None:
    made = Verdicts("x")
    made.claim("<b> & " + "long " * 40, expected="a<b", observed="a<b", source="beyond")
    shown = made.table()._repr_html_()
    assert "&lt;b&gt; &amp; " + "long " * 40 in shown
    assert "a&lt;b" in shown
    assert "…" not in shown
    assert "beyond the article" in shown


def test_a_failing_claim_is_shown_and_then_raised(capsys: pytest.CaptureFixture[str]) -> None:
    made = verdicts()
    made.claim("names resolve", expected="yes", observed=False)
    made.claim("MAC", expected="02:42", observed="9a:11")
    with pytest.raises(ClaimFailed) as caught:
        made.table()
    message = str(caught.value)
    assert "names resolve" in message
    assert "expected  yes" in message
    assert "observed  no" in message
    assert "9a:11" in message
    assert "nginx" not in message
    assert "2 of 4 claims hold" in capsys.readouterr().out


def test_a_claim_shows_its_verdict_in_a_line_when_it_is_decided(capsys: pytest.CaptureFixture[str]) -> None:
    made = Verdicts("01", engine="26.1.5")
    made.claim("By name they do not", expected="ping: bad address 'b'", observed="ping: bad address 'b'")
    made.claim("Every address answers", expected=True, observed=True)
    made.claim("Addresses follow the order of starting", expected="a b " * 40, observed="a b " * 40)
    made.claim("MACs are random", expected=1, observed=2, since="28.0")
    made.claim("Only bridges discover", expected="bridge", refuted_by="macvlan", observed="macvlan")
    *lines, last = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["✓ By name they do not: ping: bad address 'b'", "✓ Every address answers"]
    assert lines[2].startswith("✓ Addresses follow the order of starting: a b a b")
    assert lines[2].endswith(" …")
    assert lines[3] == "– MACs are random: does not apply (since Engine 28.0)"
    assert last == "≠ Only bridges discover: refuted: macvlan"


def test_a_claim_that_fails_shows_what_was_expected_and_observed(capsys: pytest.CaptureFixture[str]) -> None:
    Verdicts("01").claim("Names resolve", expected="yes", observed="no")
    assert capsys.readouterr().out == "✗ Names resolve\n    expected  yes\n    observed  no\n"


def test_a_line_is_escaped_in_html(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Claim("<b> & c", 1, "a<b", FAILS, "article", "")._repr_html_()
    assert "<strong>✗</strong> &lt;b&gt; &amp; c\n" in shown
    assert "a&lt;b" in shown


@pytest.mark.parametrize(
    ("observed", "verdict"),
    [("macvlan", "refuted"), ("bridge", "FAILS"), ("nothing", "FAILS"), (None, "FAILS")],
)
def test_only_the_declared_counter_example_refutes(observed: object, verdict: str) -> None:
    made = Verdicts("02")
    made.claim("Only bridges discover", expected="bridge", refuted_by="macvlan", observed=observed)
    assert list(made.frame()["verdict"]) == [verdict]


def test_a_refuted_sentence_is_counted_and_does_not_fail_the_chapter() -> None:
    made = verdicts()
    made.claim("Only bridges discover", expected="bridge", refuted_by="macvlan", observed="macvlan")
    assert "2 of 3 claims hold on Engine 26.1.5+dfsg1, 1 refuted\n" in repr(made.table())


def test_a_table_without_claims_is_not_a_success() -> None:
    with pytest.raises(ClaimFailed, match="no claim"):
        Verdicts("01").table()


def test_a_cell_that_is_run_twice_replaces_its_verdict_in_place() -> None:
    made = verdicts()
    made.claim("nginx has the first address", expected="172.17.0.2/16", observed="172.17.0.9/16")
    assert list(made.frame()["verdict"]) == ["FAILS", "holds"]
    made.claim("nginx has the first address", expected="172.17.0.2/16", observed="172.17.0.2/16")
    assert list(made.frame()["verdict"]) == ["holds", "holds"]


@pytest.mark.parametrize(
    ("engine", "since", "until", "verdict"),
    [
        ("26.1.5", "", "28.0", "FAILS"),
        ("28.0.0", "", "28.0", "does not apply"),
        ("28.5.2", "", "28.0", "does not apply"),
        ("20.10.24", "25.0", "", "does not apply"),
        ("25.0.0-rc.1", "25.0", "", "FAILS"),
        ("26.1.5+dfsg1", "25.0", "28.0", "FAILS"),
        ("26.1.5+dfsg1", "26.1.5", "26.1.6", "FAILS"),
        ("20.10.24+dfsg1", "", "20.10.24", "does not apply"),
        ("24.0.5-0ubuntu1~22.04.1", "24.0.5", "24.0.6", "FAILS"),
        ("28.5.2", "28.5", "28.10", "FAILS"),
        ("dev", "25.0", "", "does not apply"),
        ("27.0.0-rc.1", "27", "", "FAILS"),
        ("27.0.0-rc.1", "", "27.0", "does not apply"),
    ],
)
def test_a_claim_can_be_limited_to_some_engine_versions(
    engine: str, since: str, until: str, verdict: str
) -> None:
    made = Verdicts("01", engine=engine)
    made.claim("MAC follows the address", expected="02:42", observed="x", since=since, until=until)
    [row] = made.frame().to_dict("records")
    assert row["verdict"] == verdict
    assert (f"before Engine {until}" in row["claim"]) is bool(until)


def test_claims_that_do_not_apply_prove_nothing() -> None:
    made = Verdicts("01", engine="29.0.0")
    made.claim("MAC", expected=1, observed=1, until="28.0")
    with pytest.raises(ClaimFailed):
        made.table()


def test_a_claim_about_something_the_engine_lacks_does_not_apply() -> None:
    made = Verdicts("01")
    made.claim("One MAC", expected=1, observed=None, lacks="ipvlan")
    [row] = made.frame().to_dict("records")
    assert (row["claim"], row["verdict"]) == ("One MAC (needs ipvlan)", "does not apply")


def test_a_version_limit_needs_the_engines_version(monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts = Verdicts("09")
    with pytest.raises(ValueError, match="engine="):
        verdicts.claim("MAC", expected=1, observed=1, since="28.0")
    machines = {"host": SimpleNamespace(version="20.10.24")}
    monkeypatch.setattr(Lab, "current", SimpleNamespace(machines=machines))
    verdicts.claim("MAC", expected=1, observed=1, since="28.0")
    assert verdicts.frame()["verdict"].to_list() == ["does not apply"]
    assert verdicts.engine == "20.10.24"
