"""The gateway's settings, from the environment (PATHLOOM_GATEWAY_...). None holds a default secret."""

from pathloom_kit.settings import ServiceSettings
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict


class Settings(ServiceSettings):
    """`X_FILE` names a file for any secret X."""

    model_config = SettingsConfigDict(env_prefix="PATHLOOM_GATEWAY_", frozen=True, extra="ignore")

    database_url: str
    """postgresql://user@host:port/database"""
    database_password: SecretStr = SecretStr("")

    http_address: str = "127.0.0.1:0"
    """Where REST and the console listen, host:port; port 0 takes a free one."""
    forwarded_allow_ips: str = "127.0.0.1"
    """Proxies whose X-Forwarded-Proto is believed (comma-separated, * for any)."""

    identity_address: str
    journey_graph_address: str
    scoring_address: str

    admin_key: SecretStr | None = None
    """A key with the scopes admin and read, in force while it is set: for setting a new platform up."""

    cors_origins: list[str] = Field(default_factory=list)
    """Origins whose pages may send events with a public key, as JSON: ["https://www.example.edu"]; ["*"] for any."""

    session_hours: float = Field(default=12.0, gt=0, le=24 * 30)
    """How long a console session lasts."""
    cookie_secure: bool = False
    """Marks the session cookie Secure also where the request came over plain HTTP (TLS ended at a proxy)."""

    server_key_rate: float = Field(default=20_000.0, gt=0)
    """Calls a second with one server key, in each replica; as much again at once."""
    public_key_rate: float = Field(default=2_000.0, gt=0)
    """Calls a second with one public key, in each replica; as much again at once."""

    future_tolerance_s: float = Field(default=3600.0, ge=0)
    """An event dated further ahead of its receipt than this, after correction, goes to quarantine."""
    identity_timeout_s: float = Field(default=10.0, gt=0)
    """How long identity may take to commit before the client is told to come again."""
