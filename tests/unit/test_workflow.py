"""The workflow for GitHub, which has not been run there: it fits the schema, and runs what every CI runs."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from helpers import programs
from helpers.paths import PROJECT

WORKFLOW = PROJECT / ".github" / "workflows" / "ci.yml"


def test_the_workflow_fits_the_schema() -> None:
    check = Path(sys.executable).with_name("check-jsonschema")
    programs.run([str(check), "--builtin-schema", "vendor.github-workflows", str(WORKFLOW)], timeout_s=60)


def test_the_workflow_runs_the_same_as_every_other_ci() -> None:
    (job,) = yaml.safe_load(WORKFLOW.read_text())["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
