"""Where a PostgreSQL database is."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError


def parse_url(url: str, password: str) -> URL:
    """postgresql://user@host:port/database with the password put in. SystemExit for any other kind of URL."""
    try:
        dsn = make_url(url)
    except ArgumentError:
        raise SystemExit(
            "the database URL cannot be read; it should be postgresql://user@host:port/database"
        ) from None
    if dsn.get_backend_name() != "postgresql":
        raise SystemExit("the database URL must begin with postgresql://")
    return dsn.set(password=password) if password else dsn
