"""The measures of the contact centre: each a function of sums, its docstring its definition."""

# Importing a module registers its measures, in this order.
from pathloom_scoring.domain.measures import contacts as contacts  # isort: skip
from pathloom_scoring.domain.measures import follow_ups as follow_ups  # isort: skip
from pathloom_scoring.domain.measures import answers as answers  # isort: skip
from pathloom_scoring.domain.measures import journeys as journeys  # isort: skip
from pathloom_scoring.domain.measures import promises as promises  # isort: skip
from pathloom_scoring.domain.measures.registry import (
    Family as Family,
)
from pathloom_scoring.domain.measures.registry import (
    Measure as Measure,
)
from pathloom_scoring.domain.measures.registry import (
    Parameters as Parameters,
)
from pathloom_scoring.domain.measures.registry import (
    UnknownMeasure as UnknownMeasure,
)
from pathloom_scoring.domain.measures.registry import (
    chosen as chosen,
)
from pathloom_scoring.domain.measures.registry import (
    registered as registered,
)
