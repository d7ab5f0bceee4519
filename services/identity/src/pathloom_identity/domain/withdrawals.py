"""Events that correct or withdraw earlier ones; a withdrawal can itself be withdrawn."""

from collections.abc import Collection, Mapping

from pathloom_identity.domain.events import Event


def withdrawn_message(event: Event) -> str | None:
    """The message id of the earlier event of the same source that this one takes back (`amends`, `retracts`).
    What comes from a public key takes nothing back."""
    if event.claimed or event.erased:
        return None
    properties = event.part("properties")
    for name in ("retracts", "amends"):
        found = properties.get(name)
        if isinstance(found, str) and found.strip() and found.strip() != event.message_id:
            return found.strip()
    return None


def withdrawn(pairs: Collection[tuple[str, str]]) -> set[str]:
    """The events that do not stand, from all (target, by) that bear on them: an event falls when one that stands
    withdraws it. In a circle (a fault of the source) everything that only the circle decides falls."""
    by: Mapping[str, list[str]] = {target: [b for t, b in pairs if t == target] for target, _ in pairs}
    stands: dict[str, bool] = {}

    def judge(event_id: str, path: tuple[str, ...]) -> bool:
        if event_id not in stands:
            if event_id in path:
                return False
            stands[event_id] = not any(judge(b, (*path, event_id)) for b in by.get(event_id, ()))
        return stands[event_id]

    return {target for target in sorted(by) if not judge(target, ())}
