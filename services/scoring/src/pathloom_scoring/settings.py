"""What the service is told from outside."""

from __future__ import annotations

from pathloom_kit.settings import ServiceSettings
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict


class Settings(ServiceSettings):
    """PATHLOOM_SCORING_*; all without a default must be there."""

    model_config = SettingsConfigDict(env_prefix="PATHLOOM_SCORING_", frozen=True, extra="ignore")

    database_url: str
    """postgresql://user@host:port/database, without the password."""
    database_password: SecretStr
    """Also from the file that PATHLOOM_SCORING_DATABASE_PASSWORD_FILE names."""
    journey_graph_address: str
    """Where journey-graph's gRPC listens; it takes the same rpc_token."""
    bulk_share: float = Field(default=0.2, ge=0, lt=1)
    """The least share of entries applied that history gets while there is something live."""
    max_entries: int = Field(default=1000, ge=1, le=5000)
    """Journeys in one page, and so at most in one transaction; how many it really takes follows from how long they last."""
