"""Neo4j in a container: what deploy/k8s uses of the official image's contract, kept.

Data in /data, NEO4J_AUTH_PATH (a file with neo4j/<password>, taken once, when the store is new), and settings as
NEO4J_server_memory_heap_max__size=512m (`_` stands for a dot, `__` for an underscore). Logs go to the standard output. What is
written beside the data goes below /tmp, so the root file system may be read-only.
"""

import os
import subprocess
import sys
from pathlib import Path

JAVA = "/opt/engine/java/bin/java"
HOME = Path("/tmp/neo4j")  # noqa: S108  # the container's own, on a volume that ends with it
DATA = Path("/data")
NO_SETTINGS = {"NEO4J_AUTH_PATH", "NEO4J_AUTH", "NEO4J_HOME", "NEO4J_CONF"}
HEAP = "server.memory.heap.max_size"

# As Neo4j's own start script has them.
OPENS = (
    *("--add-opens=java.base/java.nio=ALL-UNNAMED", "--add-opens=java.base/java.io=ALL-UNNAMED"),
    *(
        "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
        "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    ),
    *("-Dio.netty.tryReflectionSetAccessible=true", "-Djdk.tls.rejectClientInitiatedRenegotiation=true"),
    *("-Dlog4j2.disable.jmx=true", "-Dfile.encoding=UTF-8", "-Duser.timezone=UTC"),
    *("-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError", "-XX:-OmitStackTraceInFastThrow"),
)


def main() -> None:
    """Write the configuration, set the password of a new store, then become the server."""
    given = settings(dict(os.environ))
    for folder in (HOME / "conf", HOME / "run", HOME / "logs"):
        folder.mkdir(parents=True, exist_ok=True)
    (HOME / "conf" / "neo4j.conf").write_text("".join(f"{key}={value}\n" for key, value in given.items()))
    environment = {"PATH": os.defpath, "NEO4J_HOME": str(HOME), "NEO4J_CONF": str(HOME / "conf")}
    if not (DATA / "dbms" / "auth.ini").exists():
        set_password(environment)
    heap = given.get(HEAP, "512m")
    main_class = (
        "org.neo4j.server.CommunityEntryPoint",
        f"--home-dir={HOME}",
        f"--config-dir={HOME / 'conf'}",
    )
    words = ["java", f"-Xmx{heap}", *OPENS, "-cp", class_path(), *main_class, "--console-mode"]
    os.execve(JAVA, words, environment)  # noqa: S606


def settings(environment: dict[str, str]) -> dict[str, str]:
    """Neo4j's settings: ours, then those of the environment."""
    chosen = {
        "server.directories.data": str(DATA),
        "server.default_listen_address": "0.0.0.0",  # noqa: S104  # a pod's own address; policies say who may come
        "server.http.enabled": "false",
        "server.https.enabled": "false",
        "dbms.usage_report.enabled": "false",
    }
    for name, value in environment.items():
        # Settings are lower case; NEO4J_PORT and the like come from Kubernetes, not from us.
        key = name.removeprefix("NEO4J_")
        if name != key and name not in NO_SETTINGS and key == key.lower():
            chosen[key.replace("__", "\0").replace("_", ".").replace("\0", "_")] = value
    return chosen


def set_password(environment: dict[str, str]) -> None:
    """The password goes by a file of arguments, which no list of processes shows."""
    user, _, password = Path(os.environ["NEO4J_AUTH_PATH"]).read_text().strip().partition("/")
    if user != "neo4j" or not password:
        sys.exit("NEO4J_AUTH_PATH must name a file that says neo4j/<password>")
    arguments = HOME / "password.args"
    words = [
        "-Xmx128m",
        "-cp",
        class_path(),
        "org.neo4j.cli.AdminTool",
        "dbms",
        "set-initial-password",
        "--",  # a password may look like an option
        password,
    ]
    with os.fdopen(os.open(arguments, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"\n' for word in words))
    try:
        subprocess.run([JAVA, f"@{arguments}"], check=True, env=environment)  # noqa: S603
    finally:
        arguments.unlink()


def class_path() -> str:
    """All archives of the image."""
    return ":".join(str(jar) for jar in sorted(Path("/opt/engine/lib").glob("*.jar")))


if __name__ == "__main__":
    main()
