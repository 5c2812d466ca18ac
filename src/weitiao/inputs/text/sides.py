"""The two texts of a pair as two sequences of ids."""

from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

Pairs = Literal["joined", "apart", "options"]
PAIR_IDS = "pair_ids"
"""Column of the ids of second texts."""


def beside(first: pa.Table, second: pa.Table) -> pa.Table:
    """Both sides of pairs, as `TextEncoder.encode` gave them; a row is cut if a text is."""
    cut = first.schema.get_field_index("cut")
    table = first.set_column(cut, "cut", pc.or_(first["cut"], second["cut"]))
    return table.append_column(PAIR_IDS, second["input_ids"])


def sides_of(encoded: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Both sides as if each were all of it."""
    second = encoded.select([PAIR_IDS, "cut"]).rename_columns(["input_ids", "cut"])
    return encoded.drop_columns([PAIR_IDS]), second
