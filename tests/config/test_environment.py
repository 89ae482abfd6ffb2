import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renkei.config.environment import SETTINGS, database, read_environment


def test_a_node_without_settings_keeps_a_sqlite_file_in_its_home(tmp_path: Path):
    environment = read_environment({"RENKEI_HOME": str(tmp_path)})

    assert environment.database_url == f"sqlite:///{tmp_path}/renkei.sqlite3"
    assert database(environment.database_url)["NAME"] == f"{tmp_path}/renkei.sqlite3"


def test_the_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path):
    first = read_environment({"RENKEI_HOME": str(tmp_path)}).node_secret
    second = read_environment({"RENKEI_HOME": str(tmp_path)}).node_secret

    assert first == second
    assert len(first) >= 48
    assert stat.S_IMODE((tmp_path / "node.secret").stat().st_mode) == 0o600


def test_a_secret_that_is_given_is_not_written_down(tmp_path: Path):
    environment = read_environment({"RENKEI_HOME": str(tmp_path), "RENKEI_NODE_SECRET": "given"})

    assert environment.node_secret == "given"
    assert not (tmp_path / "node.secret").exists()


def test_postgresql_is_one_setting():
    described = database("postgresql://ren:k%40i@db.example:5433/house")

    names = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")
    assert tuple(described[name] for name in names) == (
        "django.db.backends.postgresql",
        "house",
        "ren",
        "k@i",
        "db.example",
        "5433",
    )


def test_sqlite_syncs_what_it_acknowledges():
    options = database("sqlite:////var/lib/renkei/node.sqlite3")["OPTIONS"]

    assert isinstance(options, dict)
    assert "synchronous=FULL" in options["init_command"]
    assert options["transaction_mode"] == "IMMEDIATE"


@pytest.mark.parametrize(
    ("name", "value"),
    [("RENKEI_MAX_BODY", "lots"), ("RENKEI_MAX_BODY", "0"), ("RENKEI_INSIDE_PEERS", "maybe")],
)
def test_a_value_that_cannot_be_used_is_refused_by_the_variable_s_name(tmp_path: Path, name: str, value: str):
    with pytest.raises(ValueError, match=name):
        read_environment({"RENKEI_HOME": str(tmp_path), name: value})


@given(
    st.from_regex(r"[a-z]{2,8}", fullmatch=True).filter(
        lambda s: s not in {"sqlite", "postgres", "postgresql"}
    )
)
def test_no_other_database_is_taken_for_one_of_the_two(scheme: str):
    with pytest.raises(ValueError, match=scheme):
        database(f"{scheme}://somewhere/renkei")


def test_every_setting_is_explained_in_both_languages():
    assert [s.name for s in SETTINGS if not (s.text.ja and s.text.en and s.name.startswith("RENKEI_"))] == []
