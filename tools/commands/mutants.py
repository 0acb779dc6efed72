"""``mutants``: execute chapters on networks that are wrong on purpose, and write docs/mutants.md."""

from __future__ import annotations

import argparse

from helpers import notebooks
from helpers.commands import engines
from helpers.paths import chapter_number
from helpers.steps import say
from tools.mutants import mutation, results, trial


def command(arguments: list[str]) -> int:
    """Run what has not been run on the chapters as they are; the exit code is 1 if a claim survives."""
    parser = argparse.ArgumentParser("python3 -m tools mutants")
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="01, 01_default_bridge (default: all)")
    parser.add_argument("--again", action="store_true", help="also repeat what is stored")
    options = parser.parse_args(arguments)
    paths = notebooks.find(options.chapters)
    engines.prepare(paths)
    claims = trial.decided_in_the_course()
    stored = results.read()
    failed = 0
    for path in paths:
        chapter, original = chapter_number(path), notebooks.read(path)
        mutations = {one.digest(original): one for one in mutation.read(chapter)}
        old = [] if options.again else stored.get(chapter, [])
        done = {one.of: one for one in old if one.of in mutations}
        stored[chapter] = list(done.values())
        for digest, one in mutations.items():
            if digest in done:
                continue
            say(f"{chapter}: {one.what}")
            try:
                done[digest] = new = trial.run(path, one)
            except notebooks.ChapterFailed as failure:
                say(f"\n{failure}\n")
                failed += 1
                continue
            say(f"   killed {len(new.killed)}, not decided {new.undecided}, {new.seconds:.0f} s")
            stored[chapter] = [done[digest] for digest in mutations if digest in done]
            results.write(stored, claims)
        for claim in results.survivors(stored[chapter], claims[chapter]):
            say(f"   survives: {claim}")
            failed += 1
    results.write(stored, claims)
    say(f"Written: {results.PAGE}")
    return 1 if failed else 0
