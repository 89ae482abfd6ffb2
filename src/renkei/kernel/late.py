"""Doors of rooms whose inside is heavy to load: what stands behind them is imported when it is first called for.

A command that lists organisations needs the models of all rooms, and through them each other's types, but neither
DuckDB nor Arrow nor Delta Lake nor cryptography, which take longer to load than the command to run.
"""

import importlib
import sys
from collections.abc import Callable
from typing import Any


def late(door: str, *modules: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a door (PEP 562): it finds functions of the door's `__all__` where they are defined."""

    def find(name: str) -> Any:
        names = vars(sys.modules[door])
        if name in names["__all__"]:
            for module in modules:
                found = vars(importlib.import_module(module)).get(name)
                if getattr(found, "__module__", None) == module:  # what it only imports is another's
                    names[name] = found
                    return found
        raise AttributeError(f"module {door!r} has no attribute {name!r}")

    return find
