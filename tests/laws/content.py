"""What a platform says of people, through its public API, in a form in which two platforms can be compared.

A customer's id is that of the record that was received first, and two platforms receive in different orders: a customer
goes by the first identifier that leads to them instead. Ids of journeys and touchpoints are the same wherever the erasure
secret is.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from pathloom_local.api.client import PublicApi
from pathloom_local.demo.said import AT_ONCE, Identifier
from pathloom_local.demo.values import ContactKey
from pathloom_local.errors import NotFound

BY_THE_CLOCK = frozenset({"age", "day", "overdue", "sentence"})
OF_ONE_PLATFORM = frozenset({"revision", "changed_at", "first_seen"})  # seen: received
Content = dict[str, Any]


async def content(
    api: PublicApi, identifiers: Iterable[Identifier], contacts: Iterable[ContactKey] = ()
) -> Content:
    """By identifier and contact whom it leads to, and by customer the view with every journey, its touchpoints and
    its scores."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def customers_of(asked: Mapping[str, Any]) -> list[str]:
        async with turn:
            try:
                found = await api.json("POST", "/v1/lookup", asked)
            except NotFound:
                return []
        ids = [each["customer_id"] for each in found.get("candidates", [])]
        return sorted([found["view"]["customer_id"]] if "view" in found else ids)

    async def everything(customer_id: str) -> Any:
        async with turn:
            view = (await api.json("GET", f"/v1/customers/{customer_id}"))["view"]
            journeys, token = [], ""
            while True:
                params = {"page_size": "100", "page_token": token}
                page = await api.json("GET", f"/v1/customers/{customer_id}/journeys", params=params)
                journeys += page.get("journeys", [])
                token = page.get("next_page_token", "")
                if not token:
                    break
        assert not any("more_touchpoints" in each for each in journeys), "small journeys come whole"
        return plain({**view, "journeys": journeys, "closed_journeys": []})

    asked = {
        "|".join(each): {"identifier": dict(zip(("type", "namespace", "value"), each, strict=True))}
        for each in sorted(set(identifiers))
    }
    asked |= {
        "|".join(each): {"contact": dict(zip(("namespace", "contact_id"), each, strict=True))}
        for each in sorted(set(contacts))
    }
    found = await asyncio.gather(*map(customers_of, asked.values()))
    ids = sorted({each for group in found for each in group})
    views = await asyncio.gather(*map(everything, ids))
    return by_who(
        {
            "leads to": dict(zip(asked, found, strict=True)),
            "customers": {view["customer_id"]: view for view in views},
        }
    )


def by_who(said: Content) -> Content:
    """With each customer called after the first identifier that leads to them alone, wherever they are named."""
    names: dict[str, str] = {}
    for key, ids in said["leads to"].items():
        if len(ids) == 1:
            names.setdefault(ids[0], f"whoever has {key}")

    def named(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {names.get(key, key): named(each) for key, each in value.items()}
        if isinstance(value, list):
            return [named(each) for each in value]
        return names.get(value, value) if isinstance(value, str) else value

    renamed = named(said)
    leads = {key: sorted(ids) for key, ids in renamed["leads to"].items()}
    ordered = {key: plain(view) for key, view in renamed["customers"].items()}
    return {"leads to": leads, "customers": ordered}


def plain(value: Any, key: str = "") -> Any:
    """Without what the clock decides and what is one platform's own; lists that have no order of their own, sorted."""
    if isinstance(value, Mapping):
        left = value.keys() - BY_THE_CLOCK - OF_ONE_PLATFORM
        return {name: plain(value[name], name) for name in sorted(left)}
    if isinstance(value, list):
        found = [plain(each) for each in value]
        ordered = key in ("touchpoints", "legs", "handlings", "steps")
        return found if ordered else sorted(found, key=lambda each: json.dumps(each, sort_keys=True))
    return value


def touchpoints(said: Content) -> Counter[str]:
    """How often each is shown, by its id."""
    return Counter(
        touchpoint["touchpoint_id"]
        for view in said["customers"].values()
        for journey in view["journeys"]
        for touchpoint in journey.get("touchpoints", [])
    )


def differences(left: Any, right: Any, path: str = "") -> list[str]:
    """Where two contents differ, each place once."""
    if isinstance(left, dict) and isinstance(right, dict):
        keys = sorted(left.keys() | right.keys())
        return [d for k in keys for d in differences(left.get(k), right.get(k), f"{path}/{k}")]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = enumerate(zip(left, right, strict=True))
        return [d for n, (a, b) in pairs for d in differences(a, b, f"{path}/{n}")]
    if isinstance(left, float) and isinstance(right, float) and abs(left - right) < 1e-9:
        return []
    return [] if left == right else [f"{path}: {_short(left)} against {_short(right)}"]


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) < 300 else f"{text[:300]}…"
