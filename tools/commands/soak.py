"""``soak``: break labs in every known way, measure what is left of them, and write docs/soak.md."""

from __future__ import annotations

import argparse
import os

from helpers.engine import resources
from helpers.paths import PROJECT
from helpers.steps import say
from tools.soak import campaign, page

PAGE = PROJECT / "docs" / "soak.md"


def command(arguments: list[str]) -> int:
    """Run the campaign and write its page; the exit code is 1 if anything was lost, left or let through."""
    parser = argparse.ArgumentParser("python3 -m tools soak")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything that is random")
    parser.add_argument("--kills", type=int, default=52, help="how many kernels with a lab to kill")
    options = parser.parse_args(arguments)
    results = campaign.run(options.seed, options.kills)
    repeat = f"python3 -m tools soak --seed {options.seed} --kills {options.kills}"
    memory = f"{resources.memory_mb()} MB of memory"
    about = f"Embedded engine {results.version} with {memory}, on {os.cpu_count()} processors."
    PAGE.write_text(page.render(repeat, about, results))
    say(f"Written: {PAGE}")
    return 0 if results.good else 1
