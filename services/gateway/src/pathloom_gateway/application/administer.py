"""Operating the platform: one place for both faces to find its use cases."""

from dataclasses import dataclass

from pathloom_gateway.application.get_status import GetStatus
from pathloom_gateway.application.list_field_values import ListFieldValues
from pathloom_gateway.application.manage_keys import CreateKey, RevokeKey
from pathloom_gateway.application.ports import EventLog, KeyStore, LookUpList, Models, Sources, Stewardship
from pathloom_gateway.application.replay_quarantine import ReplayQuarantine
from pathloom_gateway.application.trace_event import TraceEvent


@dataclass(frozen=True, slots=True)
class Administer:
    """What keys with the scopes admin and steward may do."""

    create_key: CreateKey
    revoke_key: RevokeKey
    keys: KeyStore
    sources: Sources
    event_log: EventLog
    replay: ReplayQuarantine
    stewardship: Stewardship
    field_values: ListFieldValues
    models: Models
    look_ups: LookUpList
    trace: TraceEvent
    status: GetStatus
