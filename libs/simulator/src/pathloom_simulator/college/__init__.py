"""The first company: a college of several campuses, whose financial-aid office takes too many calls."""

from pathloom_simulator.college.goals import GOALS
from pathloom_simulator.college.names import NAMES
from pathloom_simulator.college.sources import SOURCES
from pathloom_simulator.values import Agent, Company, Outage, Site

# Planted: agent aid-07 passes on most of what they get, the North Campus has too few people on the line, and for a week
# the upload fails on phones.
AGENTS = (
    *(Agent(f"aid-{n:02d}", "Financial Aid", "1", 0.6 if n == 7 else 0.12) for n in range(1, 11)),
    *(Agent(f"doc-{n:02d}", "Document Processing", "2") for n in range(1, 6)),
    *(Agent(f"app-{n:02d}", "Appeals Office", "2") for n in range(1, 5)),
    *(Agent(f"reg-{n:02d}", "Registrar", "1", 0.3) for n in range(1, 5)),
)


def college() -> Company:
    """The college as the demo, the benchmarks and the tests know it."""
    return Company(
        key="college",
        sources=SOURCES,
        goals=GOALS,
        sites=(
            Site("Main Campus"),
            Site("North Campus", wait_factor=2.6, own_leg_ids=True),
            Site("Harbor Campus", wait_factor=0.9),
        ),
        agents=AGENTS,
        outages=(Outage("upload-fails-on-phones", "upload_document", "phone", 0.4, 0.65, 0.95),),
        names=NAMES,
        first_queue="aid-general",
        first_department="Financial Aid",
        other_queue="registrar",
        other_department="Registrar",
        guardian_policy="parent-without-release",
        switchboard="+14025550100",
        hotline="+14025550111",
        student_domain="students.college.example.edu",
        private_domain="mail.example.org",
    )
