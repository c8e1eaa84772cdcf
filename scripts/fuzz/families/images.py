"""Pools, resizing and normalization of images of integers."""

from table import Row


def extent(n, size, stride, padding):
    return -(-n // stride) if padding == "SAME" else (n - size) // stride + 1


def pool(g, op):
    x = g.value("quint8", "qint8", rank=4)
    batch, height, width, channels = x.tensor.shape
    size, stride, padding = [g.whole(1, 4), g.whole(1, 4)], g.whole(1, 3), g.pick("SAME", "VALID")
    if padding == "VALID" and g.chance(0.9):
        size = [min(size[0], height), min(size[1], width)]
    shape = (batch, extent(height, size[0], stride, padding), extent(width, size[1], stride, padding), channels)
    g.keep(g.add(op, x.tensor, x.low, x.high, shape=shape, ksize=[1, *size, 1], strides=[1, stride, stride, 1], padding=padding), x.size)


def pool_volume(g, op):
    x = g.fresh(g.pick("quint8", "qint8"), (1, g.whole(2, 5), g.whole(2, 5), g.whole(3, 5), g.pick(1, 3, 8)))
    size, stride = [g.whole(1, 2), g.whole(1, 2), g.whole(1, 3)], g.whole(1, 2)
    g.add(op, x.tensor, x.low, x.high, ksize=[1, *size, 1], strides=[1, stride, stride, stride, 1], padding=g.pick("SAME", "VALID"))


def resize(g, op):
    if g.chance(0.2):
        x = g.fresh("quint8", g.shape(4))
        x = x._replace(tensor=g.feed("float", g.real_data(x.tensor.shape, -3.0, 3.0)))
    else:
        x = g.value("quint8", "qint32", rank=4)
    size = [g.whole(1, 9), g.whole(1, 9)]
    batch, _, _, channels = x.tensor.shape
    attrs = g.pick({}, {}, {"align_corners": True}, {"half_pixel_centers": True}, {"align_corners": True, "half_pixel_centers": True})
    out = g.add(op, x.tensor, g.const("int32", size), x.low, x.high, shape=(batch, *size, channels), **attrs)
    if out[0].dtype != "float":
        g.keep(out, x.size)


def instance_norm(g, op):
    x = g.value("quint8", rank=4)
    attrs = {"variance_epsilon": g.pick(1e-5, 0.1), "min_separation": g.pick(1e-3, 5.0)}
    if g.chance(0.4):
        attrs |= {"output_range_given": True, "given_y_min": -2.0, "given_y_max": 2.0}
    g.keep(g.add(op, x.tensor, x.low, x.high, shape=x.tensor.shape, **attrs), 2.0)


ROWS = [
    *[Row("QuantizedMaxPool", pool)] * 2,
    *[Row("QuantizedAvgPool", pool)] * 2,
    Row("_QuantizedMaxPool3D", pool_volume),
    *[Row("QuantizedResizeBilinear", resize)] * 2,
    Row("QuantizedInstanceNorm", instance_norm),
]
