"""The shape that every probe's result has: one row an attempt, the same columns, strict types."""

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
    """Rows in the order they came, as a frame with the probe columns and the probe's own ``extra`` ones.

    Parameters
    ----------
    rows:
        One mapping an attempt, with a value for every column.
    extra:
        Further columns and their types, e.g. ``{"status": "int64"}``.

    Returns
    -------
    DataFrame
        source, target, via, protocol (str) · ok (bool) · rtt_ms (milliseconds, NaN when not ok) ·
        error (str, "" when ok) · the extra columns.
    """
    return typed(rows, {**COLUMNS, **(extra or {})})


def typed(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Rows as a frame with exactly these columns and types, also when there is no row at all."""
    return pd.DataFrame(list(rows), columns=list(columns)).astype(dict(columns))
