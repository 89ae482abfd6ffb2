"""The contract that a room has one door: from outside only its `api`, and the facts in its `types`, may be imported."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

OPEN = {"kernel", "wire"}


class DoorsContract(Contract):
    """Each import from one room into another names the other's `api`, or its `types`.

    Facts cross every door, and `types` is free of Django and I/O, so that pure code (`wire`, another room's rules)
    can speak of them without importing the room's acts. `kernel` and `wire` are open. Services and tables of a room
    are reached by nobody else, not even by `config`.
    """

    type_name = "doors"
    rooms = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001  the library's signature
        """Return every import that goes past a door."""
        rooms: set[str] = self.rooms  # type: ignore[assignment]  # the library fills the field in
        breaches = []
        for importer in sorted(graph.modules):
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                if self._goes_past_a_door(importer, imported, rooms):
                    breaches.append((importer, imported))
        return ContractCheck(kept=not breaches, metadata={"breaches": breaches})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each breach on a line."""
        for importer, imported in check.metadata["breaches"]:
            output.print_error(f"{importer} goes past the door of {imported}")

    @staticmethod
    def _goes_past_a_door(importer: str, imported: str, rooms: set[str]) -> bool:
        if not imported.startswith("renkei.") or not importer.startswith("renkei."):
            return False
        home, _, _ = importer.removeprefix("renkei.").partition(".")
        room, _, inner = imported.removeprefix("renkei.").partition(".")
        if room not in rooms or room == home or room in OPEN:
            return False
        return inner != "api" and inner.split(".")[0] != "types"
