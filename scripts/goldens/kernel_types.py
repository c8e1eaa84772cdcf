"""Writes bridge/tf/internal/opdef/kernel_types.txt: the types for which TensorFlow has CPU
kernels of the ops that the bridge translates, and the least values of their numbers.

    python scripts/goldens/kernel_types.py
"""

import glob
import os
import re

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tensorflow.core.framework import types_pb2
from tensorflow.python.framework import kernels, op_def_registry

BRIDGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../bridge/tf/internal")
HEADER = """# Written by scripts/goldens/kernel_types.py (make goldens) from TensorFlow 2.21.
# A line is a set of CPU kernels of an op: the types that each attribute may have. An op
# with several lines has kernels of each. "N>=2" holds beside all of them.
"""


def main():
    lines = []
    for op in sorted(translated()):
        definition = op_def_registry.get(op)
        if definition is None:
            continue
        types = [a.name for a in definition.attr if a.type == "type"]
        least = [f"{a.name}>={a.minimum}" for a in definition.attr if a.type == "int" and a.has_minimum]
        rows = []
        for row in merged(allowed(op, definition, types)):
            words = [f"{name}={','.join(sorted(row[name]))}" for name in types if name in row]
            if words:
                rows.append(" ".join([op, *words]))
        lines += sorted(rows)
        if least:
            lines.append(" ".join([op, *least]))
    with open(os.path.join(BRIDGE, "opdef", "kernel_types.txt"), "w") as f:
        f.write(HEADER + "\n".join(lines) + "\n")


def translated():
    """The names of the ops in the bridge's table."""
    names = set()
    for path in glob.glob(os.path.join(BRIDGE, "ops", "op_*.go")):
        with open(path) as f:
            names |= set(re.findall(r'\bname:\s+"(\w+)"', f.read()))
    return names


def allowed(op, definition, types):
    """For each CPU kernel the sets of types of its attributes."""
    by_definition = {a.name: {name(t) for t in a.allowed_values.list.type} for a in definition.attr if a.type == "type"}
    rows = []
    for kernel in kernels.get_registered_kernels_for_op(op).kernel:
        if kernel.device_type != "CPU":
            continue
        row = {t: by_definition[t] for t in types if by_definition[t]}
        for c in kernel.constraint:
            if c.name in types:
                given = {name(t) for t in c.allowed_values.list.type}
                row[c.name] = given & row[c.name] if c.name in row else given
        if all(row.values()) and row not in rows:
            rows.append(row)
    return rows


def merged(rows):
    """Joins rows that differ in one attribute."""
    changed = True
    while changed:
        changed = False
        for i, a in enumerate(rows):
            for b in rows[i + 1:]:
                differing = [k for k in a.keys() | b.keys() if a.get(k) != b.get(k)]
                if a.keys() == b.keys() and len(differing) <= 1:
                    for k in differing:
                        a[k] = a[k] | b[k]
                    rows = [r for r in rows if r is not b]
                    changed = True
                    break
            if changed:
                break
    return rows


def name(t):
    return types_pb2.DataType.Name(t).removeprefix("DT_").lower()


if __name__ == "__main__":
    main()
