"""Settings are complete or the start stops and says what is missing."""

from pathlib import Path

import pytest
from pathloom_kit.settings import ServiceSettings
from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict


class Example(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PATHLOOM_EXAMPLE_", frozen=True, extra="ignore")

    database_url: str
    database_password: SecretStr
    optional_secret: SecretStr | None = None
    workers: int = 2


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in {"RPC_TOKEN": "t", "DATABASE_URL": "u", "DATABASE_PASSWORD": "p"}.items():
        monkeypatch.setenv(f"PATHLOOM_EXAMPLE_{name}", value)
    return monkeypatch


def test_missing_values_are_named_all_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("PATHLOOM_EXAMPLE_DATABASE_URL")
    environment.delenv("PATHLOOM_EXAMPLE_RPC_TOKEN")
    with pytest.raises(SystemExit) as stopped:
        Example.load()
    assert "PATHLOOM_EXAMPLE_DATABASE_URL is not set" in str(stopped.value)
    assert "PATHLOOM_EXAMPLE_RPC_TOKEN (or PATHLOOM_EXAMPLE_RPC_TOKEN_FILE) is not set" in str(stopped.value)


def test_a_wrong_value_is_named_and_not_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PATHLOOM_EXAMPLE_WORKERS", "a secret put in the wrong place")
    with pytest.raises(SystemExit) as stopped:
        Example.load()
    assert "PATHLOOM_EXAMPLE_WORKERS" in str(stopped.value)
    assert "wrong place" not in str(stopped.value)


def test_secrets_come_from_files_too(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("PATHLOOM_EXAMPLE_DATABASE_PASSWORD")
    for field in ("DATABASE_PASSWORD", "OPTIONAL_SECRET"):
        (tmp_path / field).write_text(f"from the file {field}\n")
        environment.setenv(f"PATHLOOM_EXAMPLE_{field}_FILE", str(tmp_path / field))
    loaded = Example.load()
    assert loaded.database_password.get_secret_value() == "from the file DATABASE_PASSWORD"
    assert loaded.optional_secret is not None
    assert loaded.optional_secret.get_secret_value() == "from the file OPTIONAL_SECRET"
    assert "from the file" not in repr(loaded)
    environment.setenv("PATHLOOM_EXAMPLE_DATABASE_PASSWORD_FILE", str(tmp_path / "absent"))
    with pytest.raises(SystemExit, match="PATHLOOM_EXAMPLE_DATABASE_PASSWORD_FILE"):
        Example.load()


def test_settings_do_not_change() -> None:
    loaded = Example.load(workers=5)
    assert loaded.workers == 5
    with pytest.raises(ValidationError):
        loaded.workers = 6
