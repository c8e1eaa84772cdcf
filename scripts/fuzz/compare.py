"""Compares two results of a case: integers and ranges equal, floats within 2 ulp."""

from collections import namedtuple

import numpy as np

ULPS = 2

Difference = namedtuple("Difference", "step tensor kind detail most")


def compare(case, theirs, ours):
    """The first difference that does not follow from an earlier one, or None; and whether
    all is equal to the last bit. A step that reads floats which are not equal may differ."""
    read = {n.name: {i.partition(":")[0] for i in n.input} for n in case.proto().node}
    unequal, exact = set(), True
    for step in case.steps:
        from_unequal = bool(ancestors(read, step.node) & unequal)
        for i in range(len(step.outputs)):
            name = f"{step.node}:{i}"
            if name not in theirs:
                continue
            a, b = theirs[name], ours[name]
            if same_bits(a, b):
                continue
            unequal.add(step.node)
            exact = False
            kind = difference(step, name, a, b)
            if kind and not from_unequal:
                return Difference(step, name, kind, detail(a, b), most(a, b)), False
    return None, exact


def ancestors(read, node):
    found, todo = set(), [node]
    while todo:
        for n in read.get(todo.pop(), ()):
            if n not in found:
                found.add(n)
                todo.append(n)
    return found


def bits(a):
    return a.view(f"u{a.dtype.itemsize}") if a.dtype.kind not in "biu" else a


def same_bits(a, b):
    """Whether arrays are the same; any NaN is the same as another."""
    if a.shape != b.shape or a.dtype.itemsize != b.dtype.itemsize:
        return False
    b = b.view(a.dtype)
    if a.dtype.kind in "biu":
        return bool((a == b).all())
    return bool(((bits(a) == bits(b)) | (np.isnan(a.astype(np.float64)) & np.isnan(b.astype(np.float64)))).all())


def difference(step, name, a, b):
    """The kind of a difference, empty if it is within what is allowed."""
    if a.shape != b.shape:
        return "shape"
    if a.dtype.itemsize != b.dtype.itemsize:
        return "type"
    b = b.view(a.dtype)
    if a.dtype.kind in "biu":
        return "integers"
    if name in step.ranges:
        return "range" if (a != b).any() else "sign of zero"
    x, y = a.astype(np.float64), b.astype(np.float64)
    if (np.isnan(x) != np.isnan(y)).any():
        return "NaN"
    with np.errstate(invalid="ignore"):
        near = ulps(a, b) <= ULPS
    return "" if (near | np.isnan(x)).all() else "floats"


def ulps(a, b):
    """How many numbers of the type lie between two of it."""
    return np.abs(ordered(a) - ordered(b))


def ordered(a):
    """Integers in the order of floats; both zeros are 0."""
    i = bits(a).astype(object if a.dtype.itemsize == 8 else np.int64)
    sign = 1 << (8 * a.dtype.itemsize - 1)
    return np.where(i >= sign, sign - i, i)


def most(a, b):
    """The greatest distance of two elements."""
    if a.shape != b.shape:
        return np.inf
    with np.errstate(invalid="ignore"):
        distance = np.abs(a.astype(np.float64) - b.view(a.dtype).astype(np.float64))
    return float(np.where(np.isnan(distance), np.inf, distance).max(initial=0))


def detail(a, b):
    """A line about what differs."""
    if a.shape != b.shape:
        return f"TensorFlow's shape {a.shape}, tf2ng's {b.shape}"
    x, y = a.ravel(), b.view(a.dtype).ravel()
    at = np.flatnonzero(bits(x) != bits(y))
    shown = "; ".join(f"[{i}] TensorFlow {x[i]!s}, tf2ng {y[i]!s}" for i in at[:4])
    return f"{len(at)} of {x.size}: {shown}"
