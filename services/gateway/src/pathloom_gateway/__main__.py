"""`python -m pathloom_gateway [serve|migrate]`, and `users add NAME` (the password comes on standard input)."""

import argparse
import asyncio
import gc
import sys
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack

from pathloom_kit import service
from pathloom_kit.clock import SystemClock
from pathloom_kit.errors import DomainError
from pathloom_kit.postgres import connect

from pathloom_gateway import __version__
from pathloom_gateway.adapters.users import PostgresUsers
from pathloom_gateway.application.sign_in import AddUser
from pathloom_gateway.domain.access import Scope
from pathloom_gateway.schema import migrate
from pathloom_gateway.settings import Settings


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0 done, 1 a user that cannot be added; SystemExit for wrong settings or usage."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["users"]:
        return _users(given[1:])
    return service.main(
        given,
        name="gateway",
        version=__version__,
        settings=Settings,
        build=_build,
        beside=_follow,
        migrate=migrate,
    )


def _build(settings: Settings, stack: AsyncExitStack) -> Awaitable[service.Server]:
    # What serving takes is loaded here: a migration needs none of it.
    from pathloom_gateway.bootstrap import build

    gc.freeze()  # it stays: to look through it for garbage, again and again, takes 0.1 s in which nobody is answered
    return build(settings, stack)


def _follow(settings: Settings, stack: AsyncExitStack) -> Awaitable[service.Server]:
    from pathloom_gateway.bootstrap_follow import build

    gc.freeze()
    return build(settings, stack)


def _users(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="pathloom-gateway users", description="Who may sign in to the console."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="add a user; the password is read from standard input")
    add.add_argument("name", metavar="NAME")
    add.add_argument(
        "--steward", action="store_true", help="may also say who is who, and which value is golden"
    )
    add.add_argument("--admin", action="store_true", help="may also do what a key with the scope admin may")
    chosen = parser.parse_args(argv)
    password = sys.stdin.readline().rstrip("\r\n")
    more = {scope for scope in (Scope.STEWARD, Scope.ADMIN) if getattr(chosen, scope)}
    scopes = frozenset({Scope.READ, *more})
    try:
        asyncio.run(_add_user(Settings.load(), chosen.name, password, scopes))
    except DomainError as error:
        problems = "; ".join(f"{field}: {what}" for field, what in error.fields.items())
        print(f"not added: {problems or error.detail}", file=sys.stderr)
        return 1
    return 0


async def _add_user(settings: Settings, name: str, password: str, scopes: frozenset[Scope]) -> None:
    database = await connect(
        settings.database_url,
        settings.database_password.get_secret_value(),
        application_name="pathloom-gateway-users",
    )
    try:
        await AddUser(PostgresUsers(database), SystemClock())(name, password, scopes)
    finally:
        await database.close()


if __name__ == "__main__":
    sys.exit(main())
