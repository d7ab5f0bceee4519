"""The platform's doors as a stranger meets them: where they are, and a key of every sort."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

SOURCE = "contract"
_KEYS = {
    "ingest": (["ingest"], "server"),
    "public": (["ingest"], "public"),
    "read": (["read"], "server"),
    "steward": (["steward"], "server"),
    "admin": (["admin"], "server"),
    "everything": (["ingest", "read", "admin"], "server"),
}


@dataclass(frozen=True, slots=True)
class Doors:
    """`keys` by what they may do; `internal` are the services behind the gateway, which `token` opens."""

    url: str
    grpc: str
    keys: dict[str, str]
    internal: dict[str, str]
    token: str
    http: httpx.Client

    def bearer(self, key: str) -> dict[str, str]:
        """Headers; none for a caller without a key."""
        return {"Authorization": f"Bearer {self.keys[key]}"} if key else {}


@pytest.fixture(scope="session")
def doors(platform: Any) -> Any:
    """Waits without a loop: everything here is another process."""
    local = platform.local
    internal = {name: local.addresses[name] for name in ("identity", "journey-graph", "scoring")}
    with httpx.Client(base_url=platform.url, timeout=60) as http:
        found = Doors(
            platform.url, platform.grpc, {}, internal, local.secrets["rpc_token"].read_text().strip(), http
        )
        admin = {"Authorization": f"Bearer {platform.admin_key}"}
        source = {"namespace": SOURCE, "trust": "TRUST_TRUSTED", "default_channel": "web", "test": True}
        http.put(f"/v1/sources/{SOURCE}", json=source, headers=admin).raise_for_status()
        for name, (scopes, kind) in _KEYS.items():
            body = {"name": f"contract {name}", "scopes": scopes, "kind": kind}
            if "ingest" in scopes:
                body["source_id"] = SOURCE
            answer = http.post("/v1/keys", json=body, headers=admin).raise_for_status()
            found.keys[name] = answer.json()["key"]
        yield found
