"""What the service is told from outside."""

from pathlib import Path

from pathloom_kit.settings import ServiceSettings
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from pathloom_identity.domain.golden import Survives


class Settings(ServiceSettings):
    """PATHLOOM_IDENTITY_*; all without a default must be there."""

    model_config = SettingsConfigDict(env_prefix="PATHLOOM_IDENTITY_", frozen=True, extra="ignore")

    database_url: str
    """postgresql://user@host:port/database, without the password."""
    database_password: SecretStr
    """Also from the file that PATHLOOM_IDENTITY_DATABASE_PASSWORD_FILE names."""
    erasure_secret: SecretStr = Field(min_length=16)
    """Key of the hashes that stay when a person is erased, and of event and customer ids. Never change it: what was
    erased could come back. Also from the file that PATHLOOM_IDENTITY_ERASURE_SECRET_FILE names."""
    bulk_share: float = Field(default=0.2, ge=0, lt=1)
    """The least share of events resolved that history gets while there is something live."""
    resolve_batch: int = Field(default=500, ge=1, le=5000)
    """Events resolved in one transaction."""
    demote_over: int = Field(default=50, ge=2, le=1000)
    """An identifier value that more records hold joins none of them."""
    model_file: Path | None = None
    """The model by which evidence is weighed until one is sent (`pathloom identity activate`), as `pathloom identity`
    writes it; without it, the one that comes with the software. Another one than before: everybody is weighed anew in
    the background, while the service answers."""
    survivorship: dict[str, Survives] = Field(default_factory=dict)
    """Which of several values of a field is the golden one, as a JSON object by field: `trusted` (of the most trusted
    source; where nothing is said), `recent` (the latest said), `frequent` (what most say) or `longest`. Another
    declaration than before: everybody's golden values are chosen anew in the background."""
    future_tolerance_s: int = Field(default=86_400, ge=0)
    """How far ahead of the clock an event may have happened."""
    erased_keys_kept_s: int = Field(default=3600, ge=0)
    """How long the feed names the record keys of an erased person, so that followers that lag forget them too."""
    logs_follow_after_days: int = Field(default=30, ge=0)
    """By when write-ahead logs and backups no longer hold what was erased; what erasure certificates promise."""
