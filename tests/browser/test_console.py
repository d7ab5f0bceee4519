"""The console as an agent uses it: signed in, in a real browser, against the running platform; axe finds nothing."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

pytestmark = pytest.mark.platform

Send = Callable[..., Awaitable[None]]
NUMBER, OTHER_NUMBER = "+493012345678", "+493087654321"


def ago(minutes: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def send(platform: Any) -> Send:
    """Sends events of a source of this module's own: `await send(event, ...)` returns once they are durable."""
    source = await platform.make_source(
        "browser",
        identifiers=[
            {"field": "student_id", "type": "student_id", "joins": True, "priority": 1, "limit": 1},
            {"field": "phone", "type": "phone", "joins": False, "priority": 9},
        ],
        default_channel="voice",
    )
    key = await platform.make_key(source)
    count = 0

    async def post(*events: dict[str, Any]) -> None:
        nonlocal count
        for event in events:
            count += 1
            event.setdefault("messageId", f"browser-{count}")
        taken = await platform.api.batch(json.dumps({"batch": list(events)}).encode(), key, False)
        assert not taken.errors

    return post


def call_event(
    name: str, call: str, minutes: float = 0, number: str = NUMBER, **properties: Any
) -> dict[str, Any]:
    said = {
        "contact_id": call,
        "leg_id": f"{call}-1",
        "channel": "voice",
        "direction": "inbound",
        "from_number": number,
    }
    return {"type": "track", "event": name, "timestamp": ago(minutes), "properties": {**said, **properties}}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def caller(platform: Any, send: Send) -> str:
    """One customer with a history: a failed upload, a chat given up, a call-back overdue. Their user id."""

    def track(name: str, minutes: float, **properties: Any) -> dict[str, Any]:
        return {
            "type": "track",
            "event": name,
            "userId": "S-1",
            "timestamp": ago(minutes),
            "properties": properties,
        }

    promise = {"promise_id": "p1", "what": "call-back", "due_at": ago(60 * 24), "by": "financial aid"}
    chat = {"contact_id": "chat-1", "leg_id": "chat-1-1", "leg_kind": "queue", "channel": "chat"}
    await send(
        {
            "type": "identify",
            "userId": "S-1",
            "timestamp": ago(60 * 24 * 9),
            "traits": {
                "student_id": "4711001",
                "first_name": "Robin",
                "last_name": "Winter",
                "phone": NUMBER,
                "language": "de",
            },
        },
        track(
            "Self Service Step Failed",
            60 * 24 * 5,
            step="upload",
            why="file too large",
            channel="web",
            goal="submit_document",
        ),
        track("Contact Queued", 60 * 24 * 3, **chat, stated_reason="submit_document"),
        track("Contact Ended", 60 * 24 * 3 - 9, **chat, ended_by="customer", abandoned=True),
        track("Promise Made", 60 * 24 * 2, **promise),
    )
    await platform.settled()
    return "S-1"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def password(platform: Any) -> str:
    """Of the user `browser-agent`."""
    return str((await platform.local.add_console_user("browser-agent")).read_text().strip())


@pytest_asyncio.fixture(loop_scope="session")
async def page(platform: Any, browser: Browser, password: str) -> AsyncIterator[Page]:
    """A page of an agent who is signed in."""
    context = await browser.new_context(base_url=platform.url)
    opened = await context.new_page()
    await opened.goto("/")
    await opened.get_by_label("User").fill("browser-agent")
    await opened.get_by_label("Password").fill(password)
    await opened.get_by_role("button", name="Sign in").click()
    await expect(opened.get_by_role("heading", name="Now", exact=True)).to_be_visible()
    yield opened
    await context.close()


async def no_violations(page: Page, packages: Path) -> None:
    """Axe over the page as it stands. Evaluated, not loaded as a script: the page's policy allows no foreign one."""
    await page.evaluate((packages / "axe-core" / "axe.min.js").read_text() + "; null")
    found = await page.evaluate(
        "async () => (await axe.run()).violations.map(v => [v.id, v.nodes.map(n => n.html)])"
    )
    assert found == []


async def test_nobody_sees_anything_before_signing_in(
    platform: Any, browser: Browser, browser_packages: Path
) -> None:
    context = await browser.new_context(base_url=platform.url)
    page = await context.new_page()
    await page.goto("/pop#call=anything")
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    await no_violations(page, browser_packages)
    await page.get_by_label("User").fill("nobody")
    await page.get_by_label("Password").fill("wrong")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await context.close()


async def test_the_pop_shows_the_call_while_it_rings_and_follows_it(
    page: Page, send: Send, caller: str, browser_packages: Path
) -> None:
    await send(call_event("Contact Queued", "call-ring", leg_kind="queue", queue="aid"))
    await page.goto("/pop#call=call-ring&ns=browser")
    contact = page.get_by_role("region", name="This contact")
    await expect(contact).to_contain_text("queued")
    await expect(page.get_by_role("heading", name="Robin Winter")).to_be_visible()
    await expect(page.locator(".sentence")).to_contain_text("overdue")
    await expect(contact).to_contain_text("probable")
    await no_violations(page, browser_packages)
    await send(
        call_event("Contact Answered", "call-ring", leg_kind="agent", agent_id="a-7", department="aid")
    )
    await expect(contact).to_contain_text("talking")


async def test_a_number_nobody_has_shows_the_call_and_no_history(page: Page, send: Send, caller: str) -> None:
    await send(call_event("Contact Queued", "call-new", number=OTHER_NUMBER, leg_kind="queue", queue="aid"))
    await page.goto("/pop#call=call-new&ns=browser")
    await expect(page.get_by_role("region", name="This contact")).to_contain_text("queued")
    await expect(page.get_by_text("Robin Winter")).to_have_count(0)


async def test_find_by_keyboard_alone_and_read_the_journey(
    page: Page, caller: str, browser_packages: Path
) -> None:
    await page.keyboard.press("f")
    await expect(page.get_by_label("Value")).to_be_focused()
    await no_violations(page, browser_packages)
    await page.get_by_label("By").select_option("student_id")
    await page.get_by_label("Value").fill("4711001")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Robin Winter")).to_be_visible()
    await expect(page.get_by_label("Promises")).to_contain_text("overdue")
    await expect(page.get_by_role("img", name="Path across channels")).not_to_have_count(0)
    await expect(page.get_by_label("Friction").first).to_contain_text("points in all")
    assert "4711001" not in page.url
    await no_violations(page, browser_packages)


async def test_each_number_of_the_first_page_opens_its_journeys(
    page: Page, caller: str, browser_packages: Path
) -> None:
    await page.goto("/")
    await expect(page.get_by_role("heading", name="Now", exact=True)).to_be_visible()
    await no_violations(page, browser_packages)
    await page.get_by_label("Overdue promises").get_by_role("link").click()
    await expect(page.get_by_role("heading", name="Journeys: overdue promise")).to_be_visible()
    await expect(page.get_by_role("rowheader").first).to_be_visible()
    await no_violations(page, browser_packages)


async def test_a_steward_works_the_queue_by_keyboard(
    page: Page, send: Send, platform: Any, browser_packages: Path
) -> None:
    known = {"first_name": "Ottilie", "last_name": "Quandt", "city": "Lindau"}
    await send(
        {"type": "identify", "userId": "Q-1", "timestamp": ago(90), "traits": known},
        {"type": "identify", "userId": "Q-2", "timestamp": ago(80), "traits": known},
    )
    await platform.settled()
    await page.get_by_role("link", name="Review").click()
    pair = page.get_by_role("region", name="The pair")
    await expect(pair.get_by_role("columnheader", name="Ottilie Quandt")).to_have_count(2)
    await expect(pair.get_by_text("bits in all; joined without asking above")).to_be_visible()
    await expect(pair.get_by_role("rowheader", name="surname")).to_be_visible()
    await no_violations(page, browser_packages)
    await page.keyboard.press("s")
    await expect(page.get_by_role("status")).to_contain_text("Last: same.")
    await expect(page.get_by_role("status")).to_contain_text("Nothing is doubtful.")
    await page.keyboard.press("u")
    await expect(page.get_by_role("status")).to_contain_text("1 of 1")
    await expect(pair).to_contain_text("Merged: record browser Q-2")
    await expect(pair).to_contain_text("a steward said so")
    await page.keyboard.press("d")
    await expect(page.get_by_role("status")).to_contain_text("Last: different.")
    await no_violations(page, browser_packages)


async def test_a_steward_pins_a_golden_value_by_keyboard_and_takes_it_back(
    page: Page, send: Send, platform: Any, browser_packages: Path
) -> None:
    def said(user: str, minutes: float, name: str) -> dict[str, Any]:
        traits = {"student_id": "4711900", "first_name": name, "last_name": "Pinkert"}
        return {"type": "identify", "userId": user, "timestamp": ago(minutes), "traits": traits}

    await send(said("P-1", 90, "Ulrike"), said("P-2", 80, "Uli"))
    await platform.settled()
    found = await platform.api.look_up({"identifier": {"type": "student_id", "value": "4711900"}})
    await page.goto(f"/customers/{found.view.customer_id}")
    await expect(page.get_by_role("heading", name="Uli Pinkert")).to_be_visible()
    values = page.get_by_role("region", name="Golden values")
    await values.get_by_text("first name: Uli").focus()
    await page.keyboard.press("Enter")
    of_field = values.get_by_role("list", name="Values of first name, the golden one first")
    await expect(of_field.get_by_role("listitem")).to_have_count(2)
    await no_violations(page, browser_packages)
    await of_field.get_by_role("listitem").filter(has_text="Ulrike").get_by_role("button", name="Pin").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Ulrike Pinkert")).to_be_visible()
    await expect(of_field.get_by_role("listitem").first).to_contain_text("pinned by browser-agent")
    await expect(values.get_by_text("first name: Ulrike, chosen by a steward")).to_be_visible()
    await expect(page.get_by_text("Pinned first name of browser: record browser P-1")).to_be_visible()
    await no_violations(page, browser_packages)
    await of_field.get_by_role("button", name="Take back").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Uli Pinkert")).to_be_visible()
    await expect(page.get_by_text("Pin of first name of browser withdrawn")).to_be_visible()
