"""Bringing the database to this version. Knows nothing of what serves, so that a migration job starts light."""

from pathlib import Path

from pathloom_kit.migrations import migrate as migrate_database

from pathloom_identity.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(settings: Settings) -> None:
    """Brings the schema to this version."""
    migrate_database(settings.database_url, settings.database_password.get_secret_value(), MIGRATIONS)
