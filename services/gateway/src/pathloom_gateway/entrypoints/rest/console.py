"""The console's files, built by Vite, under a policy that lets a page load nothing from anywhere else."""

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_PAGES = ("/", "/pop", "/find", "/customers/{rest:path}", "/journeys", "/journeys/{rest:path}", "/review")
_PAGE = {**_HEADERS, "Cache-Control": "no-cache"}
_HASHED = {**_HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
_NOT_BUILT = (
    "The console is not built: run `make console`. REST is under /v1, its description at /openapi.json.\n"
)
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
}


def folder() -> Path:
    """Where the built console is, in the package."""
    return Path(str(files("pathloom_gateway"))) / "console_dist"


def router(dist: Path) -> APIRouter:
    """The app at each of its pages; its files. Only files that were there at the start are served."""
    routes = APIRouter(include_in_schema=False)
    built = {
        file.relative_to(dist).as_posix(): file
        for file in sorted(dist.rglob("*"))
        if file.is_file() and file.suffix in _TYPES
    }
    index = dist / "index.html"

    async def app() -> Response:
        if not index.is_file():
            return Response(_NOT_BUILT, 503, _HEADERS, media_type="text/plain")
        return FileResponse(index, headers=_PAGE, media_type="text/html; charset=utf-8")

    def file_route(name: str, file: Path) -> None:
        headers = _HASHED if name.startswith("assets/") else _PAGE

        async def serve(request: Request) -> Response:
            return FileResponse(file, headers=headers, media_type=_TYPES[file.suffix])

        routes.add_api_route("/" + name, serve, methods=["GET", "HEAD"])

    for path in _PAGES:
        routes.add_api_route(path, app, methods=["GET", "HEAD"])
    for name, file in built.items():
        file_route(name, file)
    return routes
