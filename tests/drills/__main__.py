"""Runs the drills and prints their table."""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections.abc import Iterator, Sequence

from deploy.local.processes import LocalError
from tests.drills import arena as arenas
from tests.drills.arena import Arena, DrillFailed
from tests.drills.drills import DRILLS
from tests.drills.outcome import Outcome, complaints, table


def main() -> None:
    arguments = parse()
    say(f"Seed {arguments.seed}")
    try:
        with arenas.opened(say=say) as arena:
            outcomes = list(carried_out(arena, arguments))
            report(outcomes, arguments.seed)
    except (LocalError, DrillFailed) as error:
        sys.exit(f"make drills: {error} (seed {arguments.seed}; logs in {arenas.VAR / 'log'})")


def carried_out(arena: Arena, arguments: argparse.Namespace) -> Iterator[Outcome]:
    """One that breaks down says so, and the others are carried out all the same."""
    for name in arguments.drills or DRILLS:
        try:
            yield from run(arena, name, arguments)
        except DrillFailed as error:
            say(f"{name}: {error}")
            yield Outcome(name, broken=str(error))
        except Exception as error:  # noqa: BLE001 - of the drill itself
            say(f"{name}: {traceback.format_exc()}")
            yield Outcome(name, broken=f"it broke down: {error!r}")


def run(arena: Arena, name: str, arguments: argparse.Namespace) -> list[Outcome]:
    drill, short, full = DRILLS[name]
    rounds = arguments.rounds or (full if arguments.full else short)
    began = time.monotonic()
    outcomes = drill(arena, arguments.seed, rounds)
    failed = sum(not outcome.passed for outcome in outcomes)
    say(f"{name}: {rounds} rounds in {time.monotonic() - began:.0f} s, {failed} failed")
    for sentence in complaints(outcomes):
        say(f"  {sentence}")
    return outcomes


def report(outcomes: Sequence[Outcome], seed: int) -> None:
    """Raises DrillFailed when one of them failed, so that the logs are kept."""
    print("", table(outcomes), "", *complaints(outcomes), sep="\n")
    failed = sum(not outcome.passed for outcome in outcomes)
    print(f"The seed was {seed}.")
    say(f"drills: {len(outcomes) - failed} passed, {failed} failed")
    if failed:
        raise DrillFailed(f"{failed} failed")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.drills")
    parser.add_argument("drills", nargs="*", type=drill_name, metavar="DRILL", help=f"of {', '.join(DRILLS)}; all")
    parser.add_argument("--full", action="store_true", help="all the rounds, instead of a short one")
    parser.add_argument("--rounds", type=int, help="so many rounds of each drill")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    return parser.parse_args()


def drill_name(text: str) -> str:
    if text not in DRILLS:
        raise argparse.ArgumentTypeError(f"there is no drill {text!r}; there are {', '.join(DRILLS)}")
    return text


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
