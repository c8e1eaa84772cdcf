"""From 32 bits to 8: Requantize, RequantizePerChannel, their ranges, QuantizeDownAndShrinkRange."""

import numpy as np
from families.operands import freezed
from graph import Quantized
from table import Row


def accumulators(g, vector=False):
    """A qint32 value; with vector one whose last axis has a range for each slice."""
    if not vector:
        return g.value("qint32")
    v = g.value("qint32", rank=4, vector=True)
    n = v.tensor.shape[-1]
    if v.low.shape == (n,):
        return v
    spans = np.array([g.span("qint32") for _ in range(n)])
    return Quantized(v.tensor, *g.ends(spans[:, 0], spans[:, 1]), float(np.abs(spans).max()) * 2.0**-8)


def requantize(g, op):
    per_channel = op.endswith("PerChannel")
    v = accumulators(g, per_channel)
    inputs, attrs = [v.tensor, v.low, v.high], {}
    size = v.size
    if op != "QuantizeDownAndShrinkRange":
        attrs["out_type"] = g.pick("quint8", "qint8")
        inputs += requested(g, attrs["out_type"], v, per_channel)
    else:
        attrs["out_type"] = "quint8"
    g.keep(g.add(op, *inputs, shape=v.tensor.shape, **attrs), size)


def requested(g, dtype, v, per_channel):
    """The range of the output: one, or what the op that tells it gives."""
    if g.chance(0.6):
        return freezed(g, dtype, v.size)
    if per_channel:
        return g.add("RequantizationRangePerChannel", v.tensor, v.low, v.high, shape=(), clip_value_max=g.pick(1e30, 6.0, v.size))
    return g.add("RequantizationRange", v.tensor, v.low, v.high, shape=())


def range_of(g, op):
    per_channel = op.endswith("PerChannel")
    v = accumulators(g, per_channel)
    attrs = {"clip_value_max": g.pick(1e30, 6.0, 0.5, v.size)} if per_channel else {}
    g.add(op, v.tensor, v.low, v.high, shape=(), **attrs)


ROWS = [
    *[Row("Requantize", requantize)] * 2,
    *[Row("RequantizePerChannel", requantize)] * 2,
    Row("RequantizationRange", range_of),
    Row("RequantizationRangePerChannel", range_of),
    Row("QuantizeDownAndShrinkRange", requantize),
]
