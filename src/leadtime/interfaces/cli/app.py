"""`leadtime app`: the simulator in the browser."""

from typing import Annotated

import typer

from leadtime.errors import BadInputError, MissingExtraError, OutOfRangeError
from leadtime.interfaces.cli import _show

app = typer.Typer(add_completion=False)


@app.command("app")
def serve(
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; other machines see it only if you say so here.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port; 0 takes a free one.")] = 8350,
    claims: Annotated[
        list[str] | None,
        typer.Option(
            "--claims",
            metavar="FOLDER|FILE",
            help="Your own claims: a claim file, or a folder of them; shown beside the packaged ones. Repeatable.",
        ),
    ] = None,
    embed_from: Annotated[
        list[str] | None,
        typer.Option(
            "--embed-from",
            metavar="ORIGIN",
            help="A site whose pages may show a figure of the simulator in a frame (https://example.org). Repeatable.",
        ),
    ] = None,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser.")] = True,
    as_json: _show.Json = False,
) -> None:
    """Start the simulator: a page in the browser and the HTTP interface under it, on this machine, without a network."""
    import socket
    import sys
    import threading
    import webbrowser

    if not 0 <= port <= 65535:
        raise OutOfRangeError(f"--port {port} is no port.", hint="Use 0 to 65535; 0 takes a free one.")
    try:
        import fastapi  # noqa: F401
        import uvicorn
    except ImportError:
        raise MissingExtraError.of("app", "The simulator in the browser") from None

    from leadtime.interfaces.api import create_app, own_claims

    app_ = create_app(claims=own_claims(claims or []), embed_from=embed_from or [])
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # named as TCP, so that answers leave at once: asyncio turns the waiting for acknowledgements off only where it sees the name,
    # and without it every answer is 40 ms late
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise BadInputError(
            f"Cannot listen on {host} port {port}: {error.strerror or error}.",
            hint="Another program may be using it: choose another with --port, or 0 for a free one.",
        ) from None
    taken = listener.getsockname()[1]
    shown = f"[{host}]" if family == socket.AF_INET6 else host
    address = f"http://{shown}:{taken}/"
    data = {"url": address, "host": host, "port": taken, "api": f"{address}api/v1/openapi.json"}
    _show.show(
        data,
        lambda console: console.print(f"leadtime is at {address}   (Ctrl-C stops it)", markup=False, soft_wrap=True),
        as_json=as_json,
    )
    sys.stdout.flush()
    if open_ and sys.stdout.isatty():
        threading.Timer(0.8, webbrowser.open, (address,)).start()
    settings = uvicorn.Config(
        app_,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=5,
        limit_concurrency=512,
        h11_max_incomplete_event_size=65_536,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(settings).run(sockets=[listener])
