import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from renkei.audit import api as audit
from renkei.cli import context as command
from renkei.context import api as context
from tests.factories import parties as make
from tests.factories.context import ACTOR, URI, entity, prop

pytestmark = pytest.mark.django_db
URL = "https://example.org/cars.jsonld"


def run(*words: str):
    return CliRunner().invoke(command.app, [*words, "--lang", "en"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cars.jsonld"
    path.write_text('{"@context": ["https://example.org/more", {"speed": "https://example.org/v"}]}')
    return path


def test_a_context_is_laid_in_listed_and_forgotten(file: Path):
    laid_in = json.loads(run("load", "--url", URL, str(file), "--json").stdout)
    listed = json.loads(run("list", "--json").stdout)

    assert listed == [laid_in]
    assert (laid_in["url"], laid_in["size"]) == (URL, file.stat().st_size)
    (stored,) = context.laid_in_contexts()
    assert stored.body == file.read_text()
    assert audit.trail(stored.local_id) == ["context.ld-context-laid-in"]

    assert run("forget", "--url", URL).exit_code == 0
    assert json.loads(run("list", "--json").stdout) == []
    assert audit.trail(stored.local_id)[-1] == "context.ld-context-forgotten"


def test_what_is_not_there_is_not_forgotten():
    ended = run("forget", "--url", URL)

    assert (ended.exit_code, "[context.ld-context-missing]" in ended.stderr) == (4, True)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("no json", "context.ld-context-invalid"),
        ('{"a": 1}', "context.ld-context-absent"),
        ('{"@context": {"a": 5}}', "context.ld-context-invalid"),
    ],
)
def test_what_is_no_context_is_not_laid_in(file: Path, said: str, code: str):
    file.write_text(said)

    ended = run("load", "--url", URL, str(file))

    assert (ended.exit_code, f"[{code}]" in ended.stderr) == (2, True)
    assert context.laid_in_contexts() == []


def test_a_file_that_is_not_there_is_said_to_be():
    ended = run("load", "--url", URL, "/nowhere/cars.jsonld")

    assert (ended.exit_code, "[cli.file-unreadable]" in ended.stderr) == (2, True)


def test_histories_are_moved_kept_for_a_time_and_erased(now):
    org = make.organisation(slug="tokai-lab")
    context.create_entity(org.id, entity(speed=prop(55)), actor=ACTOR, now=now)

    moved = json.loads(run("compact", "--json").stdout)
    kept = json.loads(run("retain", "--org", "tokai-lab", "--days", "365", "--json").stdout)
    erased = json.loads(run("erase", URI, "--org", "tokai-lab", "--json").stdout)

    assert moved == {"fed": 0, "archived": 1, "forgotten": 0}
    assert kept == {"org": "tokai-lab", "days": 365}
    assert (erased["entity"], erased["rows"] > 0) == (URI, True)
    with pytest.raises(context.EntityMissing):
        context.entity(org.id, URI, now=now)


def test_what_was_never_known_cannot_be_erased():
    make.organisation(slug="tokai-lab")
    answered = run("erase", URI, "--org", "tokai-lab")

    assert (answered.exit_code, "[context.entity-missing]" in answered.stderr) == (4, True)
