"""Verbs that change nothing: what can be done, and how things stand."""

from __future__ import annotations

from collections.abc import Mapping

from brokers.simulator.connections.farms import FARMS
from brokers.simulator.scenario.verbs.stage import Stage
from brokers.simulator.scenario.verbs.table import Answer, Verb


def about(verbs: Mapping[str, Verb]) -> tuple[Verb, ...]:
    def tell_verbs(_stage: Stage) -> Answer:
        return {"verbs": {verb.name: _described(verb) for verb in verbs.values()}}

    return (
        Verb("help", "Every verb with its arguments.", tell_verbs, is_for_login=True),
        Verb("state", "How the gateway stands.", tell_state, is_for_login=True),
    )


def _described(verb: Verb) -> dict[str, object]:
    arguments = {argument.name: argument.description for argument in verb.arguments}
    return {"summary": verb.summary, "arguments": arguments}


def tell_state(stage: Stage) -> Answer:
    if not stage.is_logged_in:
        return {"logged_in": False, "waits_for_second_factor": stage.broker.is_waiting}
    gateway, server = stage.gateway, stage.server
    return {
        "logged_in": True,
        "login_expired": stage.is_login_expired,
        "waits_for_second_factor": stage.broker.is_waiting,
        "port": server.port if server.is_listening else None,
        "clients": [session.client_id for session in gateway.sessions],
        "link": gateway.link.down_code or "up",
        "competing": gateway.link.has_competitor,
        "farms": {name: gateway.farms[name].value for name in FARMS},
        "steps": gateway.market.steps,
        "hours": "always" if gateway.calendar.always_open else "exchange",
    }
