"""`pathloom view`: look a customer up."""

import json
import sys
from typing import Annotated, Any

import typer
from google.protobuf import json_format
from pathloom.gateway.v1 import view_pb2

from pathloom_local.commands.console import DataOption, out, run
from pathloom_local.commands.options import JsonOption, KeyFileOption, UrlOption, open_api
from pathloom_local.demo import show
from pathloom_local.errors import NotFound

ASK = "-"


def view(
    phone: Annotated[
        str | None,
        typer.Option(help="A phone number; - asks for it, so that it stays out of the shell's history."),
    ] = None,
    email: Annotated[str | None, typer.Option(help="An e-mail address; - asks for it.")] = None,
    customer: Annotated[str | None, typer.Option("--id", help="Any customer id the person ever had.")] = None,
    call: Annotated[str | None, typer.Option(help="The id of a call, chat or any other contact.")] = None,
    identifier: Annotated[
        str | None,
        typer.Option(
            help="TYPE=VALUE of any other identifier, e.g. student_id=S1000000; TYPE=- asks for it."
        ),
    ] = None,
    namespace: Annotated[str, typer.Option(help="Only within this namespace.")] = "",
    data: DataOption = None,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look a customer up as an agent desktop would, and show the view: who, what for, what was tried, what was promised.

    Say exactly one of --phone, --email, --identifier, --id and --call. The value goes in the body of a request, never in a URL.

    Exit codes: 0 one customer, or several candidates to choose from; 1 nobody known; 2 wrong usage; 3 the platform does not answer; 6 it
    refused the call.
    """
    given = [each for each in (phone, email, customer, call, identifier) if each is not None]
    if len(given) != 1:
        raise typer.BadParameter("say exactly one of --phone, --email, --identifier, --id and --call")
    body: dict[str, Any] = {"actor": "pathloom-view"}
    if customer is not None:
        body["customer_id"] = customer
    elif call is not None:
        body["contact"] = {"contact_id": call, "namespace": namespace}
    else:
        kind, value = _identifier(phone, email, identifier)
        body["identifier"] = {"type": kind, "value": value, "namespace": namespace}

    async def work() -> None:
        async with open_api(data, url, key_file) as api:
            found = await api.look_up(body)
        if as_json:
            out.print_json(json.dumps(json_format.MessageToDict(found, preserving_proto_field_name=True)))
        else:
            out.print(show.look_up(found))
        if found.outcome == view_pb2.LOOK_UP_OUTCOME_NONE and not found.HasField("contact"):
            raise NotFound("nobody is known by that")

    run(work())


def _identifier(phone: str | None, email: str | None, identifier: str | None) -> tuple[str, str]:
    if phone is not None:
        kind, value = "phone", phone
    elif email is not None:
        kind, value = "email", email
    else:
        kind, _, value = (identifier or "").partition("=")
        if not kind or not value:
            raise typer.BadParameter("is not TYPE=VALUE", param_hint="--identifier")
    if value != ASK:
        return kind, value
    if not sys.stdin.isatty():
        return kind, sys.stdin.readline().strip()
    return kind, str(typer.prompt(kind, err=True, hide_input=True))
