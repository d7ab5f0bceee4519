"""A whole company's history, as its systems sent it, with the truth beside it."""

from collections.abc import Callable, Iterator
from itertools import count

from pathloom_simulator.chance import Chance
from pathloom_simulator.journeys import Life
from pathloom_simulator.ordering import Sorter
from pathloom_simulator.people import household
from pathloom_simulator.records import introduce
from pathloom_simulator.scenario import scenario
from pathloom_simulator.scribe import Scribe
from pathloom_simulator.values import Config, Sent, Truth, iso


def simulate(
    config: Config, tell: Callable[[Truth], object] | None = None, held: int = 100_000
) -> Iterator[Sent]:
    """Every message in order of delivery. `tell` is given each line of the truth, all of them before the first message.

    At most `held` messages are in memory, whatever the size: what does not fit is sorted on disk. The same config gives the same messages.
    """
    sorter, told = Sorter(held), 0
    for sent, truth in blocks(config):
        for message in sent:
            sorter.add(message)
        for line in truth:
            if tell:
                tell(line)
            told += line["is"] in ("touchpoint", "survey")
        if told >= config.touchpoints:
            break
    for line in causes(config):
        if tell:
            tell(line)
    yield from sorter.ordered()


def blocks(config: Config) -> Iterator[tuple[list[Sent], list[Truth]]]:
    """Household by household, without end: messages in no order, and the truth. The scenario's caller comes first."""
    if config.with_scenario:
        played = scenario(config)
        yield played.sent, played.truth
    for index in count(1):
        chance = Chance.of(config.seed, index)
        sent: list[Sent] = []
        truth: list[Truth] = []
        for person in household(config.company, chance, index, config.now_ms):
            scribe = Scribe(config.company, person, chance, config.run, config.now_ms, config.delivery)
            introduce(scribe, config.begin_ms, config.placeholder_ids)
            Life(scribe, config.begin_ms).live()
            sent += scribe.sent
            truth += [scribe.person_truth(), *scribe.truth]
        yield sent, truth


def causes(config: Config) -> Iterator[Truth]:
    """What was planted."""
    span = config.now_ms - config.begin_ms
    for outage in config.company.outages:
        yield {
            "is": "cause",
            "cause": f"outage:{outage.key}",
            "step": outage.step,
            "device": outage.device,
            "begins": iso(config.begin_ms + round(span * outage.begins)),
            "ends": iso(config.begin_ms + round(span * outage.ends)),
        }
    for site in config.company.sites:
        if site.wait_factor > 2:
            yield {"is": "cause", "cause": f"understaffed:{site.name}", "site": site.name}
    for agent in config.company.agents:
        if agent.passes_on > 0.5:
            yield {"is": "cause", "cause": f"passes-on:{agent.agent_id}", "agent_id": agent.agent_id}
    yield {
        "is": "cause",
        "cause": f"policy:{config.company.guardian_policy}",
        "policy": config.company.guardian_policy,
    }
