"""The four services as this machine runs them: which program, after whom, with which settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `upstreams` are the services whose gRPC address it is given, in the order of the data's flow; one that only
    `derives` gives way to those that take events in and answer."""

    name: str
    module: str
    rank: int
    upstreams: tuple[str, ...] = ()
    has_database: bool = True
    has_http: bool = False
    derives: bool = False

    @property
    def prefix(self) -> str:
        """`PATHLOOM_JOURNEY_GRAPH_` for journey-graph."""
        return f"PATHLOOM_{self.name.replace('-', '_').upper()}_"

    @property
    def database(self) -> str:
        """Its database, and the login role that owns it."""
        return f"pathloom_{self.name.replace('-', '_')}"

    @property
    def store_setting(self) -> str:
        """The setting that names its store; where the environment has it, no engine is launched for this service."""
        return self.prefix + ("DATABASE_URL" if self.has_database else "NEO4J_URI")


SERVICES = (
    Service("identity", "pathloom_identity", rank=1),
    Service(
        "journey-graph",
        "pathloom_journey_graph",
        rank=2,
        upstreams=("identity",),
        has_database=False,
        derives=True,
    ),
    Service("scoring", "pathloom_scoring", rank=3, upstreams=("journey-graph",), derives=True),
    Service(
        "gateway",
        "pathloom_gateway",
        rank=4,
        upstreams=("identity", "journey-graph", "scoring"),
        has_http=True,
    ),
)


def service(name: str) -> Service:
    """The service of this name. Raises KeyError."""
    return {known.name: known for known in SERVICES}[name]


@dataclass(frozen=True, slots=True)
class Replica:
    """One running copy of a service: its process name and where it listens."""

    service: Service
    number: int
    grpc: str
    http: str | None = None

    @property
    def name(self) -> str:
        """`identity` for the first, `identity-2` for the second."""
        return self.service.name if self.number == 1 else f"{self.service.name}-{self.number}"


def target(replicas: Sequence[Replica]) -> str:
    """The gRPC target of a service: `host:port`, or all replicas in gRPC's own `ipv4:` form."""
    addresses = [replica.grpc for replica in replicas]
    return addresses[0] if len(addresses) == 1 else "ipv4:" + ",".join(addresses)


@dataclass(frozen=True, slots=True)
class Store:
    """Where a service keeps its data: the settings it needs for that, without its prefix."""

    settings: Mapping[str, str]

    @classmethod
    def postgres(cls, url: str, password_file: Path) -> "Store":
        return cls({"DATABASE_URL": url, "DATABASE_PASSWORD_FILE": str(password_file)})

    @classmethod
    def neo4j(cls, uri: str, user: str, password_file: Path) -> "Store":
        return cls({"NEO4J_URI": uri, "NEO4J_USER": user, "NEO4J_PASSWORD_FILE": str(password_file)})


def settings_of(
    replica: Replica,
    store: Store,
    upstreams: Mapping[str, str],
    secrets: Mapping[str, Path],
) -> dict[str, str]:
    """The environment variables of one replica. An empty store means that the environment names the server."""
    known = replica.service
    settings = dict(store.settings)
    settings["GRPC_ADDRESS"] = replica.grpc
    settings["RPC_TOKEN_FILE"] = str(secrets["rpc_token"])
    for name in known.upstreams:
        settings[f"{name.replace('-', '_').upper()}_ADDRESS"] = upstreams[name]
    if known.name in ("identity", "journey-graph"):
        settings["ERASURE_SECRET_FILE"] = str(secrets["erasure_secret"])
    if replica.http is not None:
        settings["HTTP_ADDRESS"] = replica.http
        settings["ADMIN_KEY_FILE"] = str(secrets["admin_key"])
    return {known.prefix + key: value for key, value in settings.items()}
