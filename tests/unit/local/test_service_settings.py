"""What each service is told about the others and its store."""

from pathlib import Path

from pathloom_local.services import SERVICES, Replica, Store, service, settings_of, target

SECRETS = {
    "erasure_secret": Path("/s/erasure_secret"),
    "rpc_token": Path("/s/rpc_token"),
    "admin_key": Path("/s/admin_key"),
}
UPSTREAMS = {"identity": "127.0.0.1:1", "journey-graph": "127.0.0.1:2", "scoring": "127.0.0.1:3"}


def test_every_setting_has_its_services_prefix_and_no_secret_is_among_them() -> None:
    for known in SERVICES:
        replica = Replica(known, 1, "127.0.0.1:9", "127.0.0.1:8" if known.has_http else None)
        store = Store.postgres(f"postgresql://{known.database}@h:1/{known.database}", Path("/s/x"))
        settings = settings_of(replica, store, UPSTREAMS, SECRETS)
        assert all(key.startswith(known.prefix) for key in settings)
        assert all(value.startswith("/s/") for key, value in settings.items() if key.endswith("_FILE"))
        assert not any(
            word in key
            for key in settings
            for word in ("PASSWORD", "TOKEN", "KEY")
            if not key.endswith("_FILE")
        )


def test_a_service_knows_its_upstreams_and_nobody_downstream() -> None:
    replica = Replica(service("scoring"), 1, "127.0.0.1:3")
    settings = settings_of(replica, Store({}), UPSTREAMS, SECRETS)
    assert settings == {
        "PATHLOOM_SCORING_GRPC_ADDRESS": "127.0.0.1:3",
        "PATHLOOM_SCORING_RPC_TOKEN_FILE": "/s/rpc_token",
        "PATHLOOM_SCORING_JOURNEY_GRAPH_ADDRESS": "127.0.0.1:2",
    }


def test_replicas_are_named_apart_and_addressed_together() -> None:
    identity = service("identity")
    both = [Replica(identity, 1, "127.0.0.1:1"), Replica(identity, 2, "127.0.0.1:2")]
    assert [replica.name for replica in both] == ["identity", "identity-2"]
    assert target(both[:1]) == "127.0.0.1:1"
    assert target(both) == "ipv4:127.0.0.1:1,127.0.0.1:2"


def test_the_setting_that_names_a_server() -> None:
    assert [known.store_setting for known in SERVICES] == [
        "PATHLOOM_IDENTITY_DATABASE_URL",
        "PATHLOOM_JOURNEY_GRAPH_NEO4J_URI",
        "PATHLOOM_SCORING_DATABASE_URL",
        "PATHLOOM_GATEWAY_DATABASE_URL",
    ]
