"""The command `pathloom`."""

import typer

from pathloom_local.commands.demo import demo
from pathloom_local.commands.identity import identity
from pathloom_local.commands.send import send
from pathloom_local.commands.status import status
from pathloom_local.commands.trace import trace
from pathloom_local.commands.up import up
from pathloom_local.commands.view import view

app = typer.Typer(
    name="pathloom",
    help="Pathloom on one machine: one view of each customer and of the journey that customer is on.\n\n"
    "Exit codes: 0 done; 1 a step failed; 2 wrong usage; 3 nothing (or not all) runs here; 4 the data folder is in use; "
    "5 an archive is not the pinned one; 6 the platform refused (key, field); 130 ended by Ctrl-C.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(up)
app.command()(demo)
app.command()(send)
app.command()(view)
app.command()(trace)
app.command()(status)
app.add_typer(identity, name="identity")


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
