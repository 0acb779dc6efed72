"""What the property-based tests share: their settings, their inputs, and the errors they allow."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from contextlib import contextmanager

from helpers.errors import LabError
from helpers.paths import cache_dir

os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache_dir() / "hypothesis"))
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# The same examples in every run: a failure is caused by the change that shows it, not by chance. An example
# that once failed is added to its test (@example), so nothing has to be stored between runs.
PROJECT = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("project", PROJECT)
settings.load_profile("project")

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
# Text made of pieces that programs print, so that it resembles what the parsers look for.
_WORDS = r"\x1f \x1e \n \t 0 1 -1 7 127 124 200 1.5 nan : { } [ ] , / = < > # . .. a ok é \0 \ud800 \x20"
WORDS = st.sampled_from([ast.literal_eval(f"'{word}'") for word in _WORDS.split()] + ['"'])
PRINTED = st.lists(WORDS, max_size=25).map("".join)


@contextmanager
def readable() -> Iterator[None]:
    """Allow only errors that help a reader: a `LabError` with all three parts."""
    try:
        yield
    except LabError as error:
        said = {error.tried.strip(), error.seen.strip(), error.next_step.strip()}
    else:
        return
    assert "" not in said, said
