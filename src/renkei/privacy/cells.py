"""Positions as cells, in SQL.

A cell's key is a whole number, so that ten million of them group quickly: for the mesh the code itself, for H3 the
index. H3 is computed once for each distinct position, by a function that DuckDB calls.
"""

from itertools import repeat
from typing import Any

import pyarrow as pa
from h3.api.basic_int import latlng_to_cell

from renkei.kernel.texts import Text
from renkei.lake.api import quote_name
from renkei.privacy.types import Cell, CellScheme

_NUDGE = "1e-9"
"""A position written in decimals on a mesh's edge belongs to the mesh that begins there, though its binary value may
lie a hair below; 1e-9 of a mesh is under 0.001 mm."""


def describe(cell: Cell) -> Text:
    """Return what a cell column holds."""
    if cell.scheme is CellScheme.H3:
        return Text(
            ja=f"位置の H3 セル(レベル{cell.level})", en=f"H3 cell of the position, level {cell.level}"
        )
    names = {1: ("第1次", "80 km"), 2: ("第2次", "10 km"), 3: ("第3次", "1 km")}
    ja, en = names[cell.level]
    return Text(
        ja=f"位置の{ja}地域メッシュコード(JIS X 0410)",
        en=f"Regional mesh code of the position (JIS X 0410, {en})",
    )


def mesh_key(latitude: str, longitude: str, level: int) -> str:
    """Return the SQL of a position's mesh code as an integer, from two column names.

    JIS X 0410: a level 1 mesh is 40' by 1°, divided into 8 by 8 (level 2), each into 10 by 10 (level 3). NULL outside
    20-46° N, 122-154° E, the area that the codes cover, and where a coordinate is missing.
    """
    lat, lon = quote_name(latitude), quote_name(longitude)
    south = f"CAST(floor({lat} * 120 + {_NUDGE}) AS INTEGER)"  # in thirds of a 1.5th: 30" steps
    west = f"CAST(floor(({lon} - 100) * 80 + {_NUDGE}) AS INTEGER)"  # 45" steps
    code = f"{south} // 80 * 100 + {west} // 80"
    if level >= 2:
        code = f"({code}) * 100 + {south} % 80 // 10 * 10 + {west} % 80 // 10"
    if level == 3:
        code = f"({code}) * 100 + {south} % 10 * 10 + {west} % 10"
    return f"CASE WHEN {lat} >= 20 AND {lat} < 46 AND {lon} >= 122 AND {lon} < 154 THEN {code} END"


def key_text(cell: Cell, key: str) -> str:
    """Return the SQL that writes a key as people do."""
    return f"lower(to_hex({key}))" if cell.scheme is CellScheme.H3 else f"CAST({key} AS VARCHAR)"


def on_earth(latitude: str, longitude: str) -> str:
    """Return the SQL condition that two columns hold a position at all."""
    lat, lon = quote_name(latitude), quote_name(longitude)
    return f"{lat} BETWEEN -90 AND 90 AND {lon} BETWEEN -180 AND 180"


def offer_h3(duck: Any, level: int) -> None:
    """Give a DuckDB connection the function h3_key(latitude, longitude), for positions on earth: the cell's index."""

    def h3_key(latitudes: Any, longitudes: Any) -> Any:
        keys = map(latlng_to_cell, latitudes.to_pylist(), longitudes.to_pylist(), repeat(level))
        return pa.array(keys, type=pa.uint64(), size=len(latitudes))

    duck.create_function("h3_key", h3_key, ["DOUBLE", "DOUBLE"], "UBIGINT", type="arrow")
