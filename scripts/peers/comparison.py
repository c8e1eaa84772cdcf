"""How near a peer's outputs are to the recorded ones of TensorFlow."""

import numpy as np

EXACT, NEAR, WRONG = "exact", "near", "wrong"


def compare(want, got, quantized):
    """Compares lists of arrays.

    exact: integers are equal, floats within 2 units in the last place. near: no element
    of a quantized op is further off than one step (of integers 1; of floats a 254th of
    their tensor's range), no float of another op further than 1e-5 of its own size and
    the median's together.
    """
    worst = EXACT
    for w, g in zip(want, got):
        w, g = np.atleast_1d(w), np.atleast_1d(g)
        if w.shape != g.shape:
            return WRONG
        integer = w.dtype.kind in "iub"
        ulp = 0 if integer else np.spacing(np.abs(w)).astype(np.float64)
        w, g = w.astype(np.float64), g.astype(np.float64)
        with np.errstate(invalid="ignore"):
            d = np.abs(w - g)
        d[(w == g) | (np.isnan(w) & np.isnan(g))] = 0
        if (d <= 2 * np.nan_to_num(ulp)).all():
            continue
        if integer:
            step = 1 if quantized else 0
        elif quantized:
            step = 1.05 * np.ptp(w[np.isfinite(w)]) / 254
        else:
            step = 1e-5 * (np.abs(w) + np.median(np.abs(w[np.isfinite(w)])))
        if not (d <= step).all():
            return WRONG
        worst = NEAR
    return worst


def recorded(arrays, edge):
    """A recorded array; half is stored as its bits."""
    a = arrays[edge["npz"]]
    return a.view(np.float16) if edge["dtype"] == "half" else a


def outputs(case, arrays):
    """The recorded outputs of a case."""
    return [recorded(arrays, f) for f in case["fetches"]]
