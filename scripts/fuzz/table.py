"""The table of ops: a row each, in the families' modules."""

import importlib
from collections import namedtuple

from graph import Graph

# make(graph, op, **kinds) adds the op to a graph.
Row = namedtuple("Row", "op make kinds", defaults=({},))

# How often each family is drawn: those with more forms more often.
FAMILIES = {"conversions": 2, "convolutions": 3, "products": 1, "requantization": 1, "elementwise": 2, "images": 1, "uniform": 1}


def rows(only=""):
    """{family: rows}; only is a family, or a part of ops' names."""
    table = {f: importlib.import_module("families." + f).ROWS for f in FAMILIES}
    if not only:
        return table
    chosen = {f: [r for r in rs if only == f or only.lower() in r.op.lower()] for f, rs in table.items()}
    chosen = {f: rs for f, rs in chosen.items() if rs}
    if not chosen:
        raise SystemExit(f"no family and no op is called {only}; families: {', '.join(FAMILIES)}")
    return chosen


def generate(table, seed, index, bounded):
    """Case number index of a seed: one to six steps."""
    graph = Graph([seed, index], bounded)
    families = [f for f in table for _ in range(FAMILIES[f])]
    for _ in range(graph.pick(1, 1, 2, 3, 4, 5, 6)):
        row = graph.pick(*table[graph.pick(*families)])
        row.make(graph, row.op, **row.kinds)
    return graph.case(f"seed{seed}_{index}_{graph.steps[-1].op.strip('_')}")
