"""The command `pathloom` against a running platform: send, view, trace, status."""

import asyncio
import gzip
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from pathloom_identity.domain.evidence.model_file import write_model
from pathloom_identity.models import cautious

if TYPE_CHECKING:
    from tests.conftest import RunningPlatform

pytestmark = pytest.mark.platform

PATHLOOM = Path(sys.executable).with_name("pathloom")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> Any:
        return json.loads(self.out)


async def pathloom(*arguments: str | Path, env: Mapping[str, str] | None = None, typed: str = "") -> Ran:
    process = await asyncio.create_subprocess_exec(
        PATHLOOM,
        *map(str, arguments),
        env={**os.environ, "COLUMNS": "200", **(env or {})},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(typed.encode())
    assert process.returncode is not None
    return Ran(process.returncode, out.decode(), err.decode())


def write_orders(folder: Path, source: str, count: int, bad: int = 0) -> tuple[Path, Path]:
    """A file of orders (`bad` of them without a customer) and its mapping."""
    mapping = {
        "source": {
            "source_id": source,
            "namespace": source,
            "identifiers": [{"field": "email", "type": "email", "joins": True}],
        },
        "time": "{at}",
        "events": [
            {
                "message_id": f"{source}-{{no}}",
                "name": "Order Placed",
                "user_id": "{who.id}",
                "properties": {
                    "order_id": {"from": "{no}", "as": "text"},
                    "amount": {"from": "{total}", "as": "number"},
                },
            },
            {
                "type": "identify",
                "message_id": f"{source}-{{no}}-who",
                "user_id": "{who.id}",
                "traits": {"email": "{who.email}"},
            },
        ],
    }
    rows = [
        {
            "no": n,
            "at": f"2026-01-{n % 28 + 1:02}T10:00:00Z",
            "total": "9.5",
            "who": {"id": f"c{n % 5}", "email": f"c{n % 5}@{source}.example.com"},
        }
        for n in range(count)
    ]
    for row in rows[:bad]:
        row["who"] = {"id": "", "email": ""}
    path, map_path = folder / "orders.jsonl.gz", folder / "map.yaml"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    map_path.write_text(yaml.safe_dump(mapping))
    return path, map_path


async def test_history_from_a_file_is_in_the_view_and_a_second_run_adds_nothing(
    platform: "RunningPlatform", tmp_path: Path
) -> None:
    source, data = platform.unique("cmd"), platform.local.folder.root
    env = {"XDG_STATE_HOME": str(tmp_path / "state")}
    path, mapping = write_orders(tmp_path, source, 40)
    sent = await pathloom("send", path, "--map", mapping, "--data", data, "--json", env=env)
    assert sent.code == 0, sent.err
    assert {key: sent.said[key] for key in ("rows", "events", "bad_rows", "sent")} == {
        "rows": 40,
        "events": 80,
        "bad_rows": 0,
        "sent": True,
    }
    await platform.settled()
    look_up = ("view", "--email", f"c1@{source}.example.com", "--data", data, "--json")
    first = (await pathloom(*look_up)).said
    assert first["outcome"] == "LOOK_UP_OUTCOME_ONE"
    customer = first["view"]["customer_id"]
    total = (await platform.api.json("GET", f"/v1/customers/{customer}/touchpoints"))["total"]
    assert int(total) == 8

    again = await pathloom("send", path, "--map", mapping, "--data", data, "--json", env=env)
    assert (again.code, again.said["sent"]) == (0, False)
    # As from another machine, which knows nothing of the first run.
    elsewhere = {"XDG_STATE_HOME": str(tmp_path / "elsewhere")}
    assert (await pathloom("send", path, "--map", mapping, "--data", data, "--json", env=elsewhere)).said[
        "sent"
    ] is True
    await platform.settled()
    assert (await platform.api.json("GET", f"/v1/customers/{customer}/touchpoints"))["total"] == total

    traced = await pathloom("trace", f"{source}-7", "--source", source, "--data", data, "--json")
    assert traced.code == 0, traced.err
    assert traced.said["state"] == "visible"
    assert traced.said["customer_id"]
    assert traced.said["journey_id"]


async def test_bad_rows_are_told_and_the_others_are_in(platform: "RunningPlatform", tmp_path: Path) -> None:
    source, data = platform.unique("cmd"), platform.local.folder.root
    path, mapping = write_orders(tmp_path, source, 10, bad=2)
    report = tmp_path / "bad.jsonl"
    sent = await pathloom(
        "send",
        path,
        "--map",
        mapping,
        "--data",
        data,
        "--report",
        report,
        env={"XDG_STATE_HOME": str(tmp_path)},
    )
    assert sent.code == 1
    assert "10 rows, 16 events, 2 bad rows" in sent.out
    assert [json.loads(line)["line"] for line in report.read_text().splitlines()] == [1, 2]


async def test_a_column_that_is_not_there_stops_the_run_before_the_first_row(
    platform: "RunningPlatform", tmp_path: Path
) -> None:
    source, data = platform.unique("cmd"), platform.local.folder.root
    path, mapping = write_orders(tmp_path, source, 3)
    mapping.write_text(mapping.read_text().replace("{total}", "{sum}"))
    sent = await pathloom("send", path, "--map", mapping, "--data", data)
    assert sent.code == 2
    assert "there is no sum" in sent.err
    found = await platform.api.json("GET", "/v1/sources")
    assert source not in [each["source_id"] for each in found.get("sources", [])]


async def test_nobody_known_by_that(platform: "RunningPlatform") -> None:
    data = platform.local.folder.root
    ran = await pathloom("view", "--phone", "-", "--data", data, typed="+14025559999\n")
    assert ran.code == 1
    assert "nobody" in ran.err
    assert "9999" not in ran.err


async def test_an_event_that_never_came(platform: "RunningPlatform") -> None:
    ran = await pathloom("trace", "never-sent", "--data", platform.local.folder.root)
    assert ran.code == 1


async def test_status_tells_processes_and_feeds(platform: "RunningPlatform") -> None:
    data = platform.local.folder.root
    ran = await pathloom("status", "--data", data, "--json")
    assert ran.code == 0, ran.err
    assert all(ran.said["ready"].values())
    assert {each["name"] for each in ran.said["platform"]["services"]} >= {
        "identity",
        "journey-graph",
        "scoring",
    }
    text = await pathloom("status", "--data", data)
    assert "settled" in text.out


async def test_a_model_is_put_in_force_and_rolled_back(platform: "RunningPlatform", tmp_path: Path) -> None:
    data, file = platform.local.folder.root, tmp_path / "model.json"
    # The one by which the platform decides anyway: others use it, too.
    file.write_text(write_model(cautious()), encoding="utf-8")
    sent = await pathloom("identity", "activate", file, "--reason", "the same", "--data", data)
    assert sent.code == 0, sent.err
    found = (await pathloom("identity", "models", "--data", data, "--json")).said
    newest, *_, first = found["models"]
    assert f"model {newest['number']} is in force" in sent.out
    assert (newest["version"], newest["reason"], newest["actor"]) == (
        "cautious-1",
        "the same",
        "key_bootstrap",
    )
    assert (first["number"], "actor" in first) == ("1", False)
    assert "to_weigh" not in found
    back = await pathloom("identity", "rollback", "1", "--data", data)
    assert back.code == 0, back.err
    assert "the setting" in (await pathloom("identity", "models", "--data", data)).out

    file.write_text("{}")
    refused = await pathloom("identity", "activate", file, "--data", data)
    assert refused.code == 6
    assert "model: is no identity model" in refused.err
    assert (await pathloom("identity", "activate", tmp_path / "nowhere", "--data", data)).code == 2
    assert (await pathloom("identity", "rollback", "999", "--data", data)).code == 1


async def test_another_platform_by_url_and_key_file(platform: "RunningPlatform", tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(platform.admin_key)
    assert (await pathloom("status", "--url", platform.url, "--key-file", key, "--json")).code == 0
    key.write_text("plk_wrong")
    refused = await pathloom("status", "--url", platform.url, "--key-file", key)
    assert refused.code == 6
    assert "plk_wrong" not in refused.err


async def test_nothing_runs_there(tmp_path: Path) -> None:
    for command in (("status",), ("view", "--call", "x"), ("trace", "x")):
        ran = await pathloom(*command, "--data", tmp_path)
        assert ran.code == 3, ran.err


async def test_wrong_usage() -> None:
    assert (await pathloom("view")).code == 2
    assert (await pathloom("view", "--phone", "1", "--email", "a@b.c")).code == 2
