"""What a migration leaves to do while an earlier version still serves."""

from collections.abc import Callable

import pytest
from pathloom_identity.adapters import tasks as tasks_module
from pathloom_identity.application.ports import AppendRequest
from pathloom_kit.feeds.cursor import Lane

from tests.integration.identity.identity_stores import Store
from tests.integration.identity.test_identity_households import told


async def left(store: Store) -> list[str]:
    return list(await store.say("SELECT array_agg(kind ORDER BY kind) FROM task") or ())


async def test_a_task_of_a_later_version_waits_for_it_and_holds_nothing_up(store: Store) -> None:
    await store.log.append([AppendRequest("crm", Lane.LIVE, [told("1", "a", 1)])], 10**12)
    await store.say("INSERT INTO task VALUES ('of a later version', '', 0), ('household', '', 0)")
    await store.resolver().drain()
    assert await left(store) == ["of a later version"]
    assert len(await store.things()) == 1


@pytest.mark.parametrize(
    ("known", "waits"),
    [(lambda: None, []), (lambda: tasks_module.REFOLD, ["consent"])],
    ids=["this version", "one before consent"],
)
async def test_records_are_read_again_for_consent_by_a_version_that_knows_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, known: Callable[[], str | None], waits: list[str]
) -> None:
    if name := known():
        monkeypatch.setattr(tasks_module, "CONSENT", name)
    await store.log.append([AppendRequest("crm", Lane.LIVE, [told("1", "a", 1)])], 10**12)
    await store.say("INSERT INTO task VALUES ('consent', 'crm', 0)")
    await store.resolver().drain()
    assert await left(store) == waits
