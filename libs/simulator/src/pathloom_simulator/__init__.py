"""A contact-centre simulator: what a company's systems send, and the truth beside it."""

from pathloom_simulator.college import college
from pathloom_simulator.scenario import Scenario, scenario
from pathloom_simulator.simulate import simulate
from pathloom_simulator.truth import expected_customers
from pathloom_simulator.values import Config, Delivery, Sent, Source, Truth

__all__ = [
    "Config",
    "Delivery",
    "Scenario",
    "Sent",
    "Source",
    "Truth",
    "college",
    "expected_customers",
    "scenario",
    "simulate",
]
