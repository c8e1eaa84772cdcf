"""Quantization of constants, which TensorFlow computes with its plain kernels before it
runs the graph with oneDNN's."""

import numpy as np
from case import case, const, integers

RANGES = {"even": (-3.1, 3.1), "uneven": (-1.3, 2.9), "above": (1.2, 4.4), "below": (-4.4, -1.2), "negative": (-2.7, 0.0), "zero": (0.0, 0.0)}


def around(low, high):
    def draw(rng):
        width = max(high - low, 0.01)
        x = rng.uniform(low - 0.2 * width, high + 0.2 * width, (2, 3, 8))
        x.flat[:4] = [0, low, high, -0.0]
        return x

    return draw


for t in ["quint8", "qint8", "quint16", "qint16", "qint32"]:
    for mode, rounding in [("MIN_COMBINED", "HALF_AWAY_FROM_ZERO"), ("MIN_FIRST", "HALF_AWAY_FROM_ZERO"), ("SCALED", "HALF_AWAY_FROM_ZERO"), ("SCALED", "HALF_TO_EVEN")]:
        attrs = {"T": t, "mode": mode, "round_mode": rounding, "group": "folded", "folded": True}
        kind = f"{t}_{mode}_{'even' if 'EVEN' in rounding else 'away'}"
        for name, (low, high) in RANGES.items():
            if t in ["quint8", "qint8"] or name in ["uneven", "below"]:
                case("QuantizeV2", f"folded_quantizev2_{kind}_{name}", const("float", around(low, high)), const("float", low), const("float", high), **attrs)
        low, high = RANGES["uneven"]
        if mode != "MIN_FIRST":
            ends = np.array([0.7, 1.9, 1.3])
            case("QuantizeV2", f"folded_quantizev2_{kind}_axis", const("float", around(low, high)), const("float", low * ends), const("float", high * ends), axis=1, **attrs)
        if mode == "SCALED":
            case("QuantizeV2", f"folded_quantizev2_{kind}_narrow", const("float", around(low, high)), const("float", low), const("float", high), narrow_range=True, **attrs)
    for mode in ["MIN_COMBINED", "MIN_FIRST", "SCALED"]:
        ends = np.iinfo({"quint8": "u1", "qint8": "i1", "quint16": "u2", "qint16": "i2", "qint32": "i4"}[t])
        values = const(t, integers(2, 3, 8, low=ends.min, high=ends.max))
        case("Dequantize", f"folded_dequantize_{t}_{mode}", values, const("float", -1.3), const("float", 2.9), mode=mode, group="folded", folded=True)
        case("Dequantize", f"folded_dequantize_{t}_{mode}_narrow", values, const("float", -1.3), const("float", 2.9), mode=mode, narrow_range=True, group="folded", folded=True)
# With an axis TensorFlow takes the plain kernel too.
for t in ["quint8", "qint8"]:
    for axis, scale in [(0, [0.6, 1.7]), (1, [0.7, 1.9, 1.3]), (2, np.linspace(0.3, 2, 8))]:
        low, high = (RANGES["uneven"][0] * np.array(scale), RANGES["uneven"][1] * np.array(scale))
        case(
            "QuantizeV2", f"folded_quantizev2_{t}_SCALED_even_axis{axis}", const("float", around(-1.3, 2.9)), const("float", low), const("float", high),
            T=t, mode="SCALED", round_mode="HALF_TO_EVEN", axis=axis, group="folded", folded=True,
        )
