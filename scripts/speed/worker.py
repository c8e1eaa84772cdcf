"""A process that measures one runtime: reads a JSON line for each measurement, and answers with one.

It first writes {"version": ...}. A request is {"path", "batch", "seconds", "kernel"}; the answer {"ms", "runs"}, ms the median of
calls over at least so many seconds, or {"error"}. With kernel the answer may be what the runtime says of its product alone.
"""

import json
import os
import statistics
import sys
import time

import numpy as np

LEAST, WARM = 5, 0.3  # calls; the part of the seconds that goes before the measurement


def values(shape, kind):
    """Seeded noise: reals in [-1, 1), bytes over all their values, other integers zero, which are indices."""
    random = np.random.default_rng(1)
    kind = np.dtype(kind)
    if kind.kind == "f":
        return random.uniform(-1, 1, shape).astype(kind)
    if kind.itemsize == 1 and kind.kind in "iu":
        return random.integers(0, 256, shape).astype(np.uint8).view(kind)
    return np.zeros(shape, kind)


def measure(call, seconds):
    end = time.perf_counter() + WARM * seconds
    call()
    while time.perf_counter() < end:
        call()
    times, end = [], time.perf_counter() + seconds
    while len(times) < LEAST or time.perf_counter() < end:
        begin = time.perf_counter()
        call()
        times.append((time.perf_counter() - begin) * 1e3)
    return {"ms": statistics.median(times), "runs": len(times)}


def serve(version, load):
    """Answers until the input ends. load(path, batch, threads, kernel) returns a call, and a function of its kernel's time
    in ms or None."""
    threads = int(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    loaded = {}

    def answer(a):
        print(json.dumps(a), file=answers, flush=True)

    answer({"version": version})
    for line in sys.stdin:
        r = json.loads(line)
        try:
            key = r["path"], r["batch"], r["kernel"]
            if key not in loaded:
                loaded[key] = load(*key[:2], threads, r["kernel"])
            call, kernel = loaded[key]
            result = measure(call, r["seconds"])
            if kernel:
                times = []
                for _ in range(min(result["runs"], 100)):
                    call()
                    times.append(kernel())
                result["ms"] = statistics.median(times)
            answer(result)
        except Exception as e:  # what a peer refuses is an answer
            answer({"error": f"{type(e).__name__}: {str(e).strip().splitlines()[0][:200]}"})
