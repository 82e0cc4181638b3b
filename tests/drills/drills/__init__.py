"""One module for each drill. A drill is a function of the arena, a seed and a number of rounds."""

from collections.abc import Callable

from tests.drills.arena import Arena
from tests.drills.drills import (
    canary,
    clicks,
    gateway,
    kill_switch,
    killed_worker,
    link,
    races,
    rolling_deploy,
    services,
    silence,
    stalled_worker,
    wire,
)
from tests.drills.outcome import Outcome

# name -> (the drill, rounds in the short round, rounds in the full one)
Drill = Callable[[Arena, int, int], list[Outcome]]
DRILLS: dict[str, tuple[Drill, int, int]] = {
    "killed-worker": (killed_worker.run, 1, 25),
    "kill-switch": (kill_switch.run, 1, 3),
    "gateway": (gateway.run, 1, 10),
    "silence": (silence.run, 1, 5),
    "link": (link.run, 1, 10),
    "services": (services.run, 1, 3),
    "wire": (wire.run, 1, 5),
    "stalled-worker": (stalled_worker.run, 1, 10),
    "races": (races.run, 1, 5),
    "clicks": (clicks.run, 1, 10),
    "rolling-deploy": (rolling_deploy.run, 1, 10),
    "canary": (canary.run, 1, 1),
}
