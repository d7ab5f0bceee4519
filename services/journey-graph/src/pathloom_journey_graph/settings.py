"""What the service is told from outside."""

from pathlib import Path

from pathloom_kit.settings import ServiceSettings
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict


class Settings(ServiceSettings):
    """PATHLOOM_JOURNEY_GRAPH_*; all without a default must be there."""

    model_config = SettingsConfigDict(env_prefix="PATHLOOM_JOURNEY_GRAPH_", frozen=True, extra="ignore")

    neo4j_uri: str
    """bolt://host:port or neo4j://host:port."""
    neo4j_user: str = "neo4j"
    neo4j_password: SecretStr
    """Also from the file that PATHLOOM_JOURNEY_GRAPH_NEO4J_PASSWORD_FILE names."""
    neo4j_database: str = "neo4j"
    erasure_secret: SecretStr = Field(min_length=16)
    """Identity's. Keys the ids of touchpoints and journeys and the hashes of what was erased. Also from the file that
    PATHLOOM_JOURNEY_GRAPH_ERASURE_SECRET_FILE names."""
    identity_address: str
    """Where identity's gRPC listens; it takes the same rpc_token."""
    blueprints: str = ""
    """Blueprint files beside those shipped, separated by commas."""
    bulk_share: float = Field(default=0.2, ge=0, lt=1)
    """The least share of entries applied that history gets while there is something live."""
    max_entries: int = Field(default=5000, ge=1, le=5000)
    """Entries in one page, and so at most in one transaction; how many it really takes follows from how long they last."""
    due_every_s: float = Field(default=1.0, gt=0)
    """How often journeys are looked for whose instant has come."""

    @property
    def blueprint_files(self) -> list[Path]:
        """The files named."""
        return [Path(name.strip()) for name in self.blueprints.split(",") if name.strip()]
