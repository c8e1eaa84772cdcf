"""Times one op at a realistic size each, tf2ng beside TensorFlow, in turn, on one thread of one CPU.

    pip install tensorflow-cpu==2.21.0
    make build
    python3 scripts/sweep bin/tf2ng [--only "NAME;NAME"] [--cpu 0] [--rounds 3] [--json FILE]

Prints the ratios of the times, the worst first, their geometric mean, and the ops of docs/OPS.md that no row has, those
that compute no numbers left out. Fails if there are any, or if a row with a bound is above 1.5 or cannot be run.
"""

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import integers  # noqa: E402
import numeric  # noqa: E402
import rows  # noqa: E402
import shapes  # noqa: E402

v1 = tf.compat.v1
MOST = 1.5
SECONDS = 0.2  # of a round


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tf2ng")
    parser.add_argument("--only", help="names of rows, with semicolons between them")
    parser.add_argument("--cpu", type=int, help="the CPU that both run on")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", help="also write the rows to this file")
    args = parser.parse_args()
    if args.cpu is not None:
        os.sched_setaffinity(0, {args.cpu})  # children have it, too
    table, timed = [], set()
    chosen = {name.strip() for name in args.only.split(";")} if args.only else None
    within = rows.BOUNDED | shapes.rows() | integers.rows() | numeric.rows()
    for name, build in (within | shapes.unbounded() | numeric.unbounded()).items():
        if chosen and name not in chosen:
            continue
        table.append(row(args, name, build, timed))
        print(line(table[-1]), file=sys.stderr, flush=True)
    table.sort(key=lambda r: -r["ratio"] if r["ratio"] else -math.inf)
    print("\n".join(map(line, table)))
    bounded = [r for r in table if r["name"] in within]
    ratios = [r["ratio"] for r in bounded if r["ratio"]]
    if ratios:
        mean = math.exp(statistics.fmean(map(math.log, ratios)))
        print(f"{len(ratios)} rows, geometric mean {mean:.2f}, over {MOST}: {sum(r > MOST for r in ratios)}, "
              f"over 3: {sum(r > 3 for r in ratios)}")
    missing = set() if chosen else {op for op in listed() - timed if not rows.NO_NUMBERS.fullmatch(op)}
    if missing:
        print("no row has", " ".join(sorted(missing)))
    if args.json:
        with open(args.json, "w") as f:
            json.dump(table, f, indent=1)
    return bool(missing) or any(not r["ratio"] or r["ratio"] > MOST for r in bounded)


def listed():
    """The ops of docs/OPS.md that this version of TensorFlow runs by themselves."""
    with open(os.path.join(ROOT, "docs", "OPS.md")) as f:
        lines = [line for line in f if "does not register" not in line and "that XLA compiles" not in line]
    return {m[1] for line in lines if (m := re.match(r"\| `(\w+)` \|", line))}


def line(r):
    if not r["ratio"]:
        return f"     -  {r['name']:44} {r['error']}"
    return f"{r['ratio']:6.2f}  {r['name']:44} TensorFlow {r['tensorflow']:8.3f} ms  tf2ng {r['tf2ng']:8.3f} ms"


def row(args, name, build, timed):
    """Times one row: the fastest round of each, as whatever else runs on the machine makes rounds slower only."""
    try:
        with tf.Graph().as_default() as graph:
            outputs = tf.nest.flatten(build())
        definition = graph.as_graph_def()
        timed.update(n.op for n in definition.node)
        call = callable_of(graph, definition, outputs)
        theirs, ours = [], []
        with tempfile.NamedTemporaryFile(suffix=".pb") as f:
            f.write(definition.SerializeToString())
            f.flush()
            for _ in range(args.rounds):
                theirs.append(time_of(call))
                ours.append(bench(args.tf2ng, f.name))
    except (tf.errors.OpError, ValueError, TypeError, NotImplementedError, subprocess.SubprocessError) as e:
        return {"name": name, "ratio": None, "error": f"{type(e).__name__}: {str(e).strip().splitlines()[0][:160]}"}
    t, o = min(theirs), min(ours)
    return {"name": name, "ratio": o / t, "tensorflow": t, "tf2ng": o}


def callable_of(graph, definition, outputs):
    """What runs a graph on one thread; it returns no more than an element of each output, so that none is copied."""
    inputs = [n for n in definition.node if n.op == "Placeholder"]
    feeds = [feed(n) for n in inputs]
    with graph.as_default():
        few = [first(t) for t in outputs]
    one_thread = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    run = v1.Session(graph=graph, config=one_thread).make_callable(few, feed_list=[n.name + ":0" for n in inputs])
    return lambda: run(*feeds)


def feed(node):
    kind = tf.as_dtype(node.attr["dtype"].type)
    shape = [d.size for d in node.attr["shape"].shape.dim]
    if kind.is_floating:
        return rows.random.uniform(-1, 1, shape).astype(kind.as_numpy_dtype)
    return rows.random.randint(0, 100, shape).astype(np.uint8).astype(kind.as_numpy_dtype)


def first(t):
    if t.dtype.is_quantized:
        t = tf.bitcast(t, {1: tf.uint8, 2: tf.uint16, 4: tf.int32}[t.dtype.size])
    return tf.reshape(t, [-1])[:1]


def time_of(call):
    """The median of calls, in ms, as tf2ng bench gives it."""
    for _ in range(3):
        call()
    times, end = [], time.perf_counter() + SECONDS
    while len(times) < 5 or time.perf_counter() < end:
        begin = time.perf_counter()
        call()
        times.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(times)


def bench(tf2ng, path):
    command = [tf2ng, "bench", path, "--runs", "5", "--min-time", f"{int(SECONDS * 1e3)}ms", "--json", "--threads", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise ValueError(done.stderr.strip() or "tf2ng failed")
    return json.loads(done.stdout)["median_ms"]


if __name__ == "__main__":
    sys.exit(main())
