"""The floor of a read: the same frameworks, returning the same bytes from PostgreSQL by primary key, and nothing else.

    python -m tests.benchmarks.floor_server DATABASE_URL

Prints the two ports, REST and gRPC, once it listens.
"""

import asyncio
import sys

import asyncpg
import grpc.aio
import uvicorn
import uvloop
from fastapi import FastAPI, Request, Response

SELECT = "SELECT document FROM floor_read WHERE key = $1"
METHOD = "/floor.Floor/Read"


async def main(url: str) -> None:
    """Serves until it is told to end."""
    pool = await asyncpg.create_pool(url, min_size=5, max_size=10)
    app = FastAPI()

    @app.post("/read")
    async def read(request: Request) -> Response:
        key = (await request.body()).decode()
        return Response(await pool.fetchval(SELECT, key), media_type="application/json")

    async def read_rpc(raw: bytes, context: object) -> bytes:
        return bytes(await pool.fetchval(SELECT, raw.decode()))

    handler = grpc.method_handlers_generic_handler(
        "floor.Floor", {"Read": grpc.unary_unary_rpc_method_handler(read_rpc)}
    )
    rpc = grpc.aio.server()
    rpc.add_generic_rpc_handlers((handler,))
    rpc_port = rpc.add_insecure_port("127.0.0.1:0")
    await rpc.start()
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            http="httptools",
            ws="none",
            access_log=False,
            log_config=None,
            timeout_keep_alive=600,
        )
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it no other way
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], rpc_port, flush=True)
    await serving
    await rpc.stop(1)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
