"""Special functions."""

import numpy as np
from case import case, feed, uniform

SPECIAL = [0.0, -0.0, 1, -1, 0.5, -0.5, 2, -3, -2.5, 30, 88, -88, 1e-6, 200, np.inf, -np.inf, np.nan]
RANGES = {
    "Lgamma": (-4, 12), "Digamma": (-4, 12), "Erfinv": (-1, 1), "Ndtri": (0, 1), "Dawsn": (-12, 12), "Expint": (0, 40), "FresnelSin": (-4, 4), "FresnelCos": (-4, 4), "Spence": (0, 9),
    "BesselI0": (-20, 20), "BesselI1": (-20, 20), "BesselI0e": (-20, 20), "BesselI1e": (-20, 20), "BesselK0": (0, 20), "BesselK1": (0, 20), "BesselK0e": (0, 20), "BesselK1e": (0, 20),
    "BesselJ0": (-20, 20), "BesselJ1": (-20, 20), "BesselY0": (0, 20), "BesselY1": (0, 20),
}
DOUBLES = ["Lgamma", "BesselK0"]
for op, (low, high) in RANGES.items():
    for t in ["float"] + (["double"] if op in DOUBLES else []):
        case(op, f"{op.lower()}_{t}", feed(t, uniform(3, 9, low=low, high=high)))
    odd = {"Erfinv": [1e-6], "BesselY1": [0]}.get(op, [])  # TensorFlow has few digits of these, or another infinity
    case(op, f"{op.lower()}_special", feed("float", [v for v in SPECIAL if v not in odd]))
for op in ["BesselI0", "Lgamma"]:
    case(op, f"{op.lower()}_half", feed("half", uniform(3, 9, low=RANGES[op][0], high=RANGES[op][1])))
case("Lgamma", "lgamma_empty", feed("float", np.zeros((0, 2))))
case("Lgamma", "lgamma_int32", feed("int32", [1]), error=True)
for op in ["Igamma", "Igammac"]:
    case(op, f"{op.lower()}_float", feed("float", uniform(5, 6, low=0.1, high=20)), feed("float", uniform(6, low=0, high=20)))
    case(op, f"{op.lower()}_special", feed("float", [0, 1, 1, -1, 1, 2, 2, np.nan, 3, np.inf, 0.5]), feed("float", [1, 0, -1, 1, np.inf, np.nan, 1e-6, 1, 300, 2, 0.5]))
case("Zeta", "zeta_float", feed("float", uniform(5, 6, low=1.1, high=9)), feed("float", uniform(6, low=0.1, high=20)))
case("Polygamma", "polygamma_float", feed("float", [[1], [2], [3], [0], [7]]), feed("float", uniform(6, low=0.1, high=20)))
case("Betainc", "betainc_float", feed("float", uniform(5, 6, low=0.1, high=20)), feed("float", uniform(5, 6, low=0.1, high=20)), feed("float", uniform(5, 6)))
case("Zeta", "zeta_special", feed("float", [1, 0.5, 2, 2, 3, 2, 2.5, np.nan, 2, 3]), feed("float", [1, 1, 0, -1, -1, -1.5, -1.5, 1, np.nan, -2.25]))
case("Polygamma", "polygamma_special", feed("float", [-1, 0.5, 1, 1, 2, 0, np.nan]), feed("float", [1, 1, 0, -1, -1, 0, 1]))
case("Betainc", "betainc_special", feed("float", [0, 1, -1, 1, 2, np.nan, 1, 1, 5]), feed("float", [1, 0, 1, 1, 2, 1, 1, 1, 0.5]), feed("float", [0.5, 0.5, 0.5, 0, 1, 0.5, 2, -1, 0.99]))
case("Betainc", "betainc_scalar", feed("float", 2.0), feed("float", uniform(3, low=1, high=2)), feed("float", 0.25))
case("Betainc", "betainc_shapes", feed("float", uniform(3)), feed("float", uniform(2)), feed("float", 0.25), error=True)
