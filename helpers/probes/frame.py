"""The form of every probe's result: one row per attempt, the same columns, strict types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

COLUMNS: Mapping[str, str] = {
    "source": "str",
    "target": "str",
    "via": "str",
    "protocol": "str",
    "ok": "bool",
    "rtt_ms": "float64",
    "error": "str",
}


def tidy(rows: Iterable[Mapping[str, Any]], extra: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return the rows, in their order, as a frame with the probe columns and the probe's ``extra`` columns.

    Parameters
    ----------
    rows:
        One mapping per attempt, with a value for every column.
    extra:
        Additional columns and their types, e.g. ``{"status": "int64"}``.

    Returns
    -------
    DataFrame
        source, target, via, protocol (str) · ok (bool) · rtt_ms (milliseconds, NaN when not ok) ·
        error (str, "" when ok) · the extra columns.
    """
    return typed(rows, {**COLUMNS, **(extra or {})})


def answered(rows: pd.DataFrame) -> str:
    """Return how many of a probe's attempts were answered, such as "3 of 3 answered"."""
    return f"{rows['ok'].sum()} of {len(rows)} answered"


def typed(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows as a frame with exactly these columns and types, even if there are no rows."""
    return pd.DataFrame(list(rows), columns=list(columns)).astype(dict(columns))
