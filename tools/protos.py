"""Generates proto/gen from proto/ (`--check`: fails when the committed code is not what would be generated).

The rules of protovalidate are imported from its own distribution, fetched once into proto/.deps by the Go module
proxy; nothing of it is edited.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from google.rpc import error_details_pb2
from grpc_tools import _proto as grpc_protos
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
GEN = PROTO / "gen"
CACHE = PROTO / ".deps"
VALIDATE_MODULE = "github.com/bufbuild/protovalidate@v1.2.2"


def validate_root() -> Path:
    """The folder that holds buf/validate/validate.proto; fetched on first use."""
    target = CACHE / "buf" / "validate" / "validate.proto"
    if not target.exists():
        answer = subprocess.run(
            ["go", "mod", "download", "-json", VALIDATE_MODULE], capture_output=True, text=True, check=True
        )
        source = Path(json.loads(answer.stdout)["Dir"]) / "proto/protovalidate/buf/validate/validate.proto"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(0o644)
    return CACHE


def generate(out: Path) -> None:
    """Writes messages, stubs and type hints for every contract to `out`."""
    rules = validate_root()
    sources = sorted(str(p.relative_to(PROTO)) for p in (PROTO / "pathloom").rglob("*.proto"))
    common = [
        "protoc",
        f"-I{PROTO}",
        f"-I{rules}",
        f"-I{Path(grpc_protos.__file__ or '').parent if grpc_protos.__file__ else next(iter(grpc_protos.__path__))}",
        f"-I{Path(error_details_pb2.__file__).parent.parent.parent}",
    ]
    plugins = Path(sys.executable).parent
    messages = [
        f"--plugin=protoc-gen-mypy={plugins / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={plugins / 'protoc-gen-mypy_grpc'}",
        f"--python_out={out}",
        f"--mypy_out=quiet:{out}",
    ]
    services = [f"--grpc_python_out={out}", f"--mypy_grpc_out=quiet,async_only:{out}"]
    if protoc.main([*common, *messages, "buf/validate/validate.proto", *sources]) != 0:
        raise SystemExit("protoc failed")
    with_service = [s for s in sources if "\nservice " in (PROTO / s).read_text()]
    if protoc.main([*common, *messages[:2], *services, *with_service]) != 0:
        raise SystemExit("protoc failed")
    (out / "buf" / "__init__.py").unlink(missing_ok=True)
    for package in ("buf", "pathloom"):
        (out / package / "py.typed").touch()


def differing(left: Path, right: Path) -> list[str]:
    """Relative paths that differ between two folders of generated code."""
    names = {
        str(p.relative_to(base))
        for base in (left, right)
        for p in base.rglob("*.py*")
        if "__pycache__" not in p.parts
    }
    return sorted(
        name
        for name in names
        if not (left / name).exists()
        or not (right / name).exists()
        or not filecmp.cmp(left / name, right / name, shallow=False)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="only compare; exit 1 when something is out of date"
    )
    if parser.parse_args().check:
        with tempfile.TemporaryDirectory() as folder:
            generate(Path(folder))
            if stale := differing(Path(folder), GEN):
                raise SystemExit("generated code is out of date (run `make protos`): " + ", ".join(stale))
        print("generated code is current")
        return
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        # File by file, so that whoever imports the code meanwhile always finds all of it.
        for name in differing(Path(folder), GEN):
            fresh, kept = Path(folder) / name, GEN / name
            if fresh.exists():
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(fresh, kept)
            else:
                kept.unlink()


if __name__ == "__main__":
    main()
