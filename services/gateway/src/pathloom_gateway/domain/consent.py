"""Consents, which identity keeps as golden values named consent:PURPOSE:CHANNEL with a JSON text."""

import json

from pathloom.gateway.v1.view_pb2 import Consent
from pathloom.identity.v1.customers_pb2 import GoldenField

from pathloom_gateway.domain.sent_event import time_of
from pathloom_gateway.domain.trusts import TRUSTS

_PREFIX = "consent:"


def is_consent(golden: GoldenField) -> bool:
    """Whether this golden value is a consent and no fact."""
    return golden.name.startswith(_PREFIX)


def consent_of(golden: GoldenField) -> Consent:
    """As the view shows it. An end that is no instant is left out: what was said stays in the log."""
    _, purpose, channel = golden.name.split(":", 2)
    said = json.loads(golden.value)
    consent = Consent(
        purpose=purpose,
        channel=channel,
        state=said["state"],
        source_id=golden.source_id,
        trust=TRUSTS.get(golden.trust, ""),
    )
    if golden.HasField("said_at"):
        consent.said_at.CopyFrom(golden.said_at)
    if (expires := time_of(said.get("expires_at"))) is not None:
        consent.expires_at.FromDatetime(expires)
    return consent
