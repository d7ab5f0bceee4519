"""Ids in a path: whatever they hold, percent-encoded, they arrive as they were."""

from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from pathloom_gateway.entrypoints.rest.path_ids import PathIds


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app = FastAPI(redirect_slashes=False)
    app.add_middleware(PathIds)

    @app.get("/v1/contacts/{contact_id:id}")
    async def contact(contact_id: str) -> list[str]:
        return ["contact", contact_id]

    @app.get("/v1/contacts/{contact_id:id}/stream")
    async def stream(contact_id: str) -> list[str]:
        return ["stream", contact_id]

    return app


async def get(app: FastAPI, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http:
        return await http.get(path)


@settings(deadline=None)
@given(contact_id=st.text(min_size=1).filter(lambda said: said not in (".", "..")))
async def test_any_id_arrives_as_it_was(app: FastAPI, contact_id: str) -> None:
    path = f"/v1/contacts/{quote(contact_id, safe='')}"
    assert (await get(app, path)).json() == ["contact", contact_id]
    assert (await get(app, f"{path}/stream")).json() == ["stream", contact_id]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("a%2Fstream", ["contact", "a/stream"]),
        ("a%2fb", ["contact", "a/b"]),
        ("a%252Fb", ["contact", "a%2Fb"]),
        ("%25", ["contact", "%"]),
        ("a%2Fb/stream?q=%2F", ["stream", "a/b"]),
    ],
)
async def test_a_slash_that_is_encoded_ends_no_segment(app: FastAPI, path: str, answer: list[str]) -> None:
    assert (await get(app, f"/v1/contacts/{path}")).json() == answer


async def test_a_path_that_is_not_utf_8_is_refused_by_name(app: FastAPI) -> None:
    answer = await get(app, "/v1/contacts/a%FFb")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["path"]
    assert (await get(app, "/v1/contacts/a/b")).status_code == 404
