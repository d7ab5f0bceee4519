"""The read side's use cases, together for the two faces."""

from dataclasses import dataclass

from pathloom_gateway.application.choose_caller import ChooseCaller
from pathloom_gateway.application.get_overview import GetOverview
from pathloom_gateway.application.get_view import GetView
from pathloom_gateway.application.list_history import GetJourney, ListJourneys, ListTouchpoints
from pathloom_gateway.application.look_up import LookUp
from pathloom_gateway.application.ports_reads import Paths, Scoring
from pathloom_gateway.application.search import Search
from pathloom_gateway.application.watch_view import WatchView


@dataclass(frozen=True, slots=True)
class ReadUseCases:
    """One for each call; measures and paths are asked of their services as they are."""

    look_up: LookUp
    get_view: GetView
    watch: WatchView
    search: Search
    list_journeys: ListJourneys
    get_journey: GetJourney
    list_touchpoints: ListTouchpoints
    choose_caller: ChooseCaller
    overview: GetOverview
    scoring: Scoring
    paths: Paths
