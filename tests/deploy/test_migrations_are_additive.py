"""Migrations run while the version before still serves, so they only add: each revision is rendered as SQL and every statement judged."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = sorted(ROOT.glob("services/*/src/*/migrations"))
CREATED = re.compile(r"^CREATE TABLE (?:IF NOT EXISTS )?(\w+)", re.IGNORECASE)
INDEX = re.compile(r"^CREATE (?P<unique>UNIQUE )?INDEX .*? ON (?P<table>\w+)", re.IGNORECASE | re.DOTALL)
ALTERED = re.compile(r"^ALTER TABLE (\w+)", re.IGNORECASE)
COLUMN = re.compile(r"^ALTER TABLE \w+ ADD COLUMN (?P<what>.*)$", re.IGNORECASE | re.DOTALL)
HARMLESS = re.compile(r"^(CREATE SEQUENCE|INSERT INTO|ANALYZE|COMMENT ON)\b", re.IGNORECASE)


def statements(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """What each revision does, in order."""
    script = ScriptDirectory(str(folder))
    for revision in reversed(list(script.walk_revisions())):
        written = io.StringIO()
        context = MigrationContext.configure(
            dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written}
        )
        with Operations.context(context):
            revision.module.upgrade()
        yield revision.revision, [one.strip() for one in written.getvalue().split(";\n") if one.strip()]


def objections(done: list[str]) -> list[str]:
    """The statements of a revision that could disturb a version that does not know of them."""
    new = {found[1] for one in done if (found := CREATED.match(one))}
    return [one for one in done if not _adds(one, new)]


def _adds(statement: str, new: set[str]) -> bool:
    if CREATED.match(statement) or HARMLESS.match(statement):
        return True
    if (found := ALTERED.match(statement)) and found[1] in new:
        return True
    if found := INDEX.match(statement):
        # On a table that is written to, an index holds writers up while it is made, and a unique one refuses rows.
        return found["table"] in new
    if found := COLUMN.match(statement):
        # A version that does not know the column leaves it out.
        what = found["what"].upper()
        return not re.search(r"\b(UNIQUE|REFERENCES|CHECK)\b", what) and (
            "NOT NULL" not in what or "DEFAULT" in what
        )
    return False


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_no_migration_disturbs_the_version_before(folder: Path) -> None:
    done = list(statements(folder))
    assert [revision for revision, _ in done] == sorted(revision for revision, _ in done)
    # The first makes a new database, on which nobody serves yet.
    assert done[0][1]
    assert {revision: objections(of_one) for revision, of_one in done[1:] if objections(of_one)} == {}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_no_task_that_a_migration_leaves_is_of_a_kind_known_before(folder: Path) -> None:
    """The version before, still serving, would do it in its own way."""
    named = re.compile(r"INSERT INTO task\b.*?'(\w+)'", re.IGNORECASE | re.DOTALL)
    left = [kind for _, of_one in statements(folder) for one in of_one for kind in named.findall(one)]
    assert len(left) == len(set(left))
    assert not {"bind", "refold"} & set(left)


@pytest.mark.parametrize(
    "fault",
    [
        "ALTER TABLE event DROP COLUMN digest",
        "ALTER TABLE event ADD COLUMN more text NOT NULL",
        "ALTER TABLE event ADD COLUMN more text UNIQUE",
        "ALTER TABLE event RENAME COLUMN digest TO print",
        "ALTER TABLE event ALTER COLUMN n TYPE int",
        "CREATE INDEX event_more ON event (digest)",
        "CREATE UNIQUE INDEX event_more ON event (digest)",
        "DROP TABLE withdrawal",
        "UPDATE event SET digest = NULL",
        "DELETE FROM task",
    ],
)
def test_a_planted_disturbance_is_seen(fault: str) -> None:
    assert objections(["CREATE TABLE more (n bigint)", fault]) == [fault]


def test_what_adds_is_let_be() -> None:
    added = [
        "CREATE TABLE more (n bigint)",
        "CREATE UNIQUE INDEX more_n ON more (n)",
        "ALTER TABLE event ADD COLUMN more text",
        "ALTER TABLE event ADD COLUMN much bigint NOT NULL DEFAULT 0",
        "INSERT INTO task SELECT 'later', '', 0",
    ]
    assert objections(added) == []
