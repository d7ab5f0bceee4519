"""Settings come from the environment, are complete before anything starts, and hold no default secret."""

import os
import typing
from pathlib import Path
from typing import Any, Self

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What every service needs. A subclass sets the prefix, e.g.

    `model_config = SettingsConfigDict(env_prefix="PATHLOOM_IDENTITY_", frozen=True)`.
    A secret X is read from X or from the file that X_FILE names (its last newline is dropped).
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    grpc_address: str = "127.0.0.1:0"
    """Where to listen, host:port; port 0 takes a free one."""
    rpc_token: SecretStr
    """What callers must present. Of several, one a line, all are accepted and the first is presented to others: so one
    is replaced while everything serves."""
    log_level: str = "INFO"
    shutdown_grace_s: float = 10.0
    """How long calls in flight may take to end."""

    @classmethod
    def load(cls, **given: Any) -> Self:
        """From the environment (`given` goes first). SystemExit that names each missing or wrong variable."""
        try:
            return cls(**given)
        except ValidationError as error:
            raise SystemExit(_explain(cls, error)) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _SecretFiles(settings_cls)


class _SecretFiles(PydanticBaseSettingsSource):
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        if not _is_secret(field.annotation):
            return None, field_name, False
        variable = _variable(self.settings_cls, field_name) + "_FILE"
        path = os.environ.get(variable)
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n"), field_name, False
        except OSError as error:
            raise SystemExit(f"{variable}: cannot read the file it names ({error.strerror})") from None

    def __call__(self) -> dict[str, Any]:
        values = {
            name: self.get_field_value(f, name)[0] for name, f in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in values.items() if value is not None}


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or SecretStr in typing.get_args(annotation)


def _variable(cls: type[BaseSettings], field_name: str) -> str:
    return (str(cls.model_config.get("env_prefix", "")) + field_name).upper()


def _explain(cls: type[BaseSettings], error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0]) if problem["loc"] else ""
        field = cls.model_fields.get(name)
        if field is None:
            lines.append(f"settings: {problem['msg']}")
        elif problem["type"] == "missing":
            alternative = f" (or {_variable(cls, name)}_FILE)" if _is_secret(field.annotation) else ""
            lines.append(f"{_variable(cls, name)}{alternative} is not set")
        else:
            lines.append(f"{_variable(cls, name)}: {problem['msg']}")
    return "\n".join(lines)
