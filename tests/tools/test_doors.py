import pytest
from grimp import ImportGraph

from tools.doors import DoorsContract


def contract() -> DoorsContract:
    return DoorsContract(
        name="doors",
        session_options={"root_packages": ["renkei"]},
        contract_options={"rooms": ["audit", "lake", "exchange"]},
    )


def graph(importer: str, imported: str) -> ImportGraph:
    made = ImportGraph()
    made.add_module(importer)
    made.add_module(imported)
    made.add_import(importer=importer, imported=imported)
    return made


@pytest.mark.parametrize(
    ("importer", "imported", "kept"),
    [
        ("renkei.exchange.services", "renkei.lake.api", True),
        ("renkei.exchange.services", "renkei.lake.models", False),
        ("renkei.exchange.rules", "renkei.lake.types", True),
        ("renkei.wire.dsp", "renkei.exchange.types", True),
        ("renkei.wire.dsp", "renkei.exchange.services", False),
        ("renkei.config.wiring", "renkei.lake.services", False),
        ("renkei.exchange.services.offers", "renkei.exchange.rules.terms", True),
        ("renkei.exchange.rules", "renkei.kernel.ids", True),
    ],
)
def test_another_room_is_entered_by_its_door_only(importer: str, imported: str, kept: bool):
    assert contract().check(graph(importer, imported), verbose=False).kept is kept
