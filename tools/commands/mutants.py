"""``mutants``: execute chapters on networks that are wrong on purpose, and write docs/mutants.md."""

from __future__ import annotations

import argparse

from helpers import notebooks
from helpers.commands import engines
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
    claims = {path.stem[:2]: list(trial.verdicts(notebooks.read(path))) for path in notebooks.find([])}
    stored = results.read()
    failed = 0
    for path in paths:
        chapter, original = path.stem[:2], notebooks.read(path)
        mutations = {one.digest(original): one for one in mutation.read(chapter)}
        kept = [] if options.again else [one for one in stored.get(chapter, []) if one.of in mutations]
        stored[chapter] = kept
        for digest in mutations.keys() - {one.of for one in kept}:
            say(f"{chapter}: {mutations[digest].what}")
            try:
                done = trial.run(path, mutations[digest])
            except notebooks.ChapterFailed as failure:
                say(f"\n{failure}\n")
                failed += 1
                continue
            say(f"   killed {len(done.killed)}, not decided {done.undecided}, {done.seconds:.0f} s")
            stored[chapter].append(done)
            results.write(stored, claims)
        for claim in results.survivors(stored[chapter], claims[chapter]):
            say(f"   survives: {claim}")
            failed += 1
    results.write(stored, claims)
    say(f"Written: {results.PAGE}")
    return 1 if failed else 0
