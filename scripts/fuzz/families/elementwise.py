"""Sums, products, ReLUs, concatenation and reshaping of integers."""

import numpy as np
from table import Row


def beside(g, shape):
    """A shape that broadcasts against another one."""
    return g.pick(shape, shape, shape[-1:], ())


def binary(g, op):
    x = g.value("quint8")
    y = g.fresh("quint8", beside(g, x.tensor.shape))
    if g.chance(0.3):
        x, y = y, x
    shape = np.broadcast_shapes(x.tensor.shape, y.tensor.shape)
    size = x.size + y.size if op == "QuantizedAdd" else x.size * y.size
    g.keep(g.add(op, x.tensor, y.tensor, x.low, x.high, y.low, y.high, shape=shape, Toutput="qint32"), size)


def bias_add(g, op):
    x = g.value("quint8", "qint8")
    shape = x.tensor.shape
    y = g.fresh(x.tensor.dtype, shape[-1:])
    g.keep(g.add(op, x.tensor, y.tensor, x.low, x.high, y.low, y.high, shape=shape, out_type="qint32"), x.size + y.size)


def relu(g, op):
    x = g.value("quint8", "qint32", least=0)
    g.keep(g.add(op, x.tensor, x.low, x.high, shape=x.tensor.shape, out_type=x.tensor.dtype), x.size)


def reshape(g, op):
    x = g.value("quint8", "qint32")
    n = int(np.prod(x.tensor.shape))
    shape = g.pick((n,), (1, n), (n, 1), (1, 1, 1, n), (*x.tensor.shape[:-1], 1, x.tensor.shape[-1]))
    written = list(shape)
    if g.chance(0.5):
        written[-1] = -1
    g.keep(g.add(op, x.tensor, g.const("int32", written), x.low, x.high, shape=shape), x.size)


def concat(g, op):
    first = g.value(*(("quint8", "qint8") if op.endswith("V2") else ("quint8", "qint32")))
    shape, same = first.tensor.shape, g.chance(0.2)
    axis, parts = g.whole(0, len(shape) - 1), [first]
    for _ in range(g.whole(1, 3)):
        other = list(shape)
        other[axis] = g.whole(1, 4)
        part = g.fresh(first.tensor.dtype, tuple(other))
        parts.append(part._replace(low=first.low, high=first.high) if same else part)
    out = list(shape)
    out[axis] = sum(p.tensor.shape[axis] for p in parts)
    tensors = [p.tensor for p in parts]
    where = g.const("int32", axis)
    head = [tensors, where] if op.endswith("V2") else [where, tensors]
    g.keep(g.add(op, *head, [p.low for p in parts], [p.high for p in parts], shape=tuple(out)), max(p.size for p in parts))


def batch_norm(g, op):
    x = g.value("quint8", rank=4)
    inputs = [x.tensor, x.low, x.high]
    for span in [(-0.5, 0.5), (0.1, 2.0), (-1.0, 1.0), (0.0, 3.0)]:
        p = g.fresh("quint8", x.tensor.shape[-1:], span)
        inputs += [p.tensor, p.low, p.high]
    out = g.add(op, *inputs, shape=x.tensor.shape, out_type="qint32", variance_epsilon=g.pick(1e-3, 0.1), scale_after_normalization=g.chance(0.5))
    g.keep(out, 1.0)


ROWS = [
    Row("QuantizedAdd", binary),
    Row("QuantizedMul", binary),
    Row("QuantizedBiasAdd", bias_add),
    Row("QuantizedRelu", relu),
    Row("QuantizedRelu6", relu),
    Row("QuantizedReshape", reshape),
    Row("QuantizedConcat", concat),
    Row("QuantizedConcatV2", concat),
    Row("QuantizedBatchNormWithGlobalNormalization", batch_norm),
]
