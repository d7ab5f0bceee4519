"""docs/operations.md tells what to do at each alert, and names only what there is."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
RULES = ROOT / "deploy" / "observability" / "prometheus-rules.yaml"


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def advice(guide: str) -> dict[str, str]:
    """What stands under each third-level heading."""
    parts = re.split(r"^#{2,3} (.+)$", guide, flags=re.MULTILINE)
    return {heading: text.strip() for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


def unanswered(guide: str) -> set[str]:
    told = advice(guide)
    return {rule["alert"] for rule in alerts() if not told.get(rule["alert"])}


def test_every_alert_has_its_advice_and_says_where() -> None:
    assert alerts()
    assert unanswered(GUIDE) == set()
    for rule in alerts():
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"


def test_no_advice_is_for_an_alert_that_is_gone() -> None:
    names = {rule["alert"] for rule in alerts()}
    assert {heading for heading in advice(GUIDE) if heading.startswith("Pathloom")} == names


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_a_planted_gap_is_seen(rule: dict[str, Any]) -> None:
    name = rule["alert"]
    assert unanswered(GUIDE.replace(f"### {name}\n", "### Another\n")) == {name}
    assert unanswered(GUIDE.replace(advice(GUIDE)[name], "")) >= {name}


def test_scripts_files_and_settings_it_names_are_there() -> None:
    for path in set(re.findall(r"\b(?:tools|deploy|tests)/[\w./-]+\w", GUIDE)):
        assert (ROOT / path).exists(), path
    known = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("services/*/src/*/settings.py"))
    for name in set(re.findall(r"PATHLOOM_(?:IDENTITY|GATEWAY|SCORING|JOURNEY_GRAPH)_([A-Z_]+)", GUIDE)):
        assert f"{name.lower()}:" in known, name


def test_every_secret_that_is_mounted_is_listed(manifests: Any) -> None:
    named = set()
    for workload in manifests.workloads():
        if workload["kind"] == "StatefulSet":
            continue
        pod = workload["spec"]["template"]["spec"]
        for volume in pod.get("volumes", ()):
            for source in volume.get("projected", {}).get("sources", ()):
                named |= {(source["secret"]["name"], item["key"]) for item in source["secret"]["items"]}
        for each in pod["containers"][0].get("env", ()):
            if reference := each.get("valueFrom", {}).get("secretKeyRef"):
                named.add((reference["name"], reference["key"]))
    rows = [line for line in GUIDE.splitlines() if line.startswith("| `")]
    for secret, key in named:
        assert any(f"`{secret}`" in row and f"`{key}`" in row for row in rows), (secret, key)
