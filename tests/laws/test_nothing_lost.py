"""Law 1 and law 2 with real processes: what was acknowledged is in the view exactly once, whoever was killed meanwhile.

`PATHLOOM_LAW1_SEED` repeats the choices of a run (the moments themselves are the machine's); `PATHLOOM_LAW1_KILLS` says
how many kills a soak takes.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from pathloom_local.platform import Options, Platform

from tests.laws.journal import Journal
from tests.laws.ordeal import Ordeal, ordeal
from tests.laws.people import events_of
from tests.laws.read_back import totals
from tests.laws.running import Running
from tests.laws.verdict import differences

SEED = int(os.environ.get("PATHLOOM_LAW1_SEED", "1"))
KILLS = int(os.environ.get("PATHLOOM_LAW1_KILLS", "300"))
KILLS_A_ROUND = 10
PEOPLE_A_KILL = 5
PEOPLE = 10
"""Of the round in `make test`, in which every process is killed."""


def say(words: str) -> None:
    print(words, flush=True)


async def test_what_was_acknowledged_is_in_the_view_once_though_every_process_was_killed(
    running: Running,
) -> None:
    say(f"seed {SEED}")
    await running.settled()
    async with ordeal(running.local, SEED, say) as under_fire:
        everybody = under_fire.platform.names()
        wrong = await under_fire.round(1, under_fire.killer.choose(len(everybody)), PEOPLE)
        assert not wrong, "\n".join(wrong)
        assert set(under_fire.killer.kills) == set(everybody)
        assert not under_fire.killer.ended_by_themselves
        assert under_fire.journal.resent
        await _faults_are_seen(under_fire)


async def _faults_are_seen(peaceful: Ordeal) -> None:
    """The planted faults: an event noted as acknowledged that never arrived, and one that took effect twice."""
    before, journal = await totals(peaceful.api), Journal()
    events = events_of(peaceful.newcomer())
    lost, doubled = (event for event in events if event.message_id.endswith(("page-3", "order-1")))
    await peaceful.send_in_peace([event for event in events if event != lost], journal)
    journal.events[lost.key] = lost
    journal.taken([lost])
    # As a platform would take it in that forgot the id: the same event under another one.
    body = {**doubled.body, "messageId": f"{doubled.message_id}-again"}
    await peaceful.send_in_peace([replace(doubled, message_id=body["messageId"], body=body)], Journal())
    read, after = await peaceful.read(journal)
    wrong = differences(journal, read, before, after)
    assert f"unknown to the platform though acknowledged: {lost.key}" in wrong
    assert any("the view lacks" in each and "'visit'" in each for each in wrong), wrong
    assert any("the view has" in each and "'event'" in each and "too much" in each for each in wrong), wrong
    assert any("touchpoints measured" in each for each in wrong), wrong


@pytest.mark.soak
@pytest.mark.parametrize("replicas", [{}, {"identity": 2, "journey-graph": 2, "scoring": 2, "gateway": 2}])
async def test_hundreds_of_kills_lose_and_double_nothing(
    engines_folder: Path, replicas: Mapping[str, int]
) -> None:
    say(f"seed {SEED}, {KILLS} kills, replicas {dict(replicas) or 1}")
    data = engines_folder / f"law1-soak-{len(replicas)}"
    async with (
        Platform(Options(data=data, replicas=replicas)) as platform,
        ordeal(platform, SEED, say) as under_fire,
    ):
        start = await totals(under_fire.api)
        number = 0
        while (kills := under_fire.killer.kills.total()) < KILLS:
            number += 1
            victims = under_fire.killer.choose(min(KILLS_A_ROUND, KILLS - kills))
            wrong = await under_fire.round(number, victims, PEOPLE_A_KILL * len(victims))
            assert not wrong, "\n".join(wrong)
        assert not under_fire.killer.ended_by_themselves
        # What an early round acknowledged may not have gone in a later one.
        read, end = await under_fire.read(under_fire.journal)
        wrong = differences(under_fire.journal, read, start, end)
        assert not wrong, "\n".join(wrong)
        say(f"in all: {under_fire.figures(under_fire.journal)}")
