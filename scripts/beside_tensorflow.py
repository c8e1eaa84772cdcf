"""Times tf2ng and TensorFlow on the same models in turn, and prints one table.

    pip install tensorflow-cpu==2.21.0
    make build
    python scripts/beside_tensorflow.py testdata/graphdefs/resnet50_lpot16_tf25.pb [MODEL ...] [--batch 1 8] [--threads 1 2]

A model is a frozen GraphDef with one placeholder of floats. Both get the same seeded noise. A row holds the medians of several
rounds, in each of which one program runs after the other, and the largest difference of the outputs. Where the CPU has no VNNI,
TensorFlow's sums of two products saturate at 16 bits and the outputs differ for that reason.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TF2NG = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bin", "tf2ng")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--batch", type=int, nargs="+", default=[1])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=15, help="runs of each program in a round")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return work(json.load(sys.stdin))
    print(f"{cpu()}\n")
    print("| model | batch | threads | tf2ng ms | TensorFlow ms | ratio | largest difference |")
    print("|---|---|---|---|---|---|---|")
    for model in args.models:
        for batch in args.batch:
            for threads in args.threads:
                job = {"model": model, "batch": batch, "threads": threads, "rounds": args.rounds, "runs": args.runs}
                # TensorFlow's threads are set once for each process.
                worker = subprocess.run([sys.executable, __file__, "--worker"], input=json.dumps(job), text=True, capture_output=True)
                if worker.returncode:
                    sys.exit(worker.stderr)
                print(worker.stdout, end="", flush=True)


def cpu():
    with open("/proc/cpuinfo") as f:
        lines = dict(line.rstrip().split("\t: ", 1) for line in f if "\t: " in line)
    flags = lines.get("flags", "").split()
    return f"{lines.get('model name', '?')}, VNNI: {'yes' if 'avx512_vnni' in flags or 'avx_vnni' in flags else 'no'}"


def work(job):
    import numpy as np
    import tensorflow as tf

    graph = tf.compat.v1.GraphDef()
    with open(job["model"], "rb") as f:
        graph.ParseFromString(f.read())
    inputs = [n for n in graph.node if n.op == "Placeholder"]
    assert len(inputs) == 1, f"{job['model']}: want one placeholder, got {[n.name for n in inputs]}"
    consumed = {name.split(":")[0].lstrip("^") for n in graph.node for name in n.input}
    output = [n.name for n in graph.node if n.name not in consumed and n.op not in ("Const", "NoOp", "Placeholder")][0] + ":0"
    shape = [job["batch"]] + [d.size for d in inputs[0].attr["shape"].shape.dim[1:]]
    x = np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)

    config = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=job["threads"], inter_op_parallelism_threads=1)
    with tf.Graph().as_default() as g:
        tf.import_graph_def(graph, name="")
    session = tf.compat.v1.Session(graph=g, config=config)
    call = session.make_callable(output, feed_list=[inputs[0].name + ":0"])
    for _ in range(3):
        want = call(x)

    threads = ["--threads", str(job["threads"])]
    mine, theirs = [], []
    for _ in range(job["rounds"]):
        times = []
        for _ in range(job["runs"]):
            begin = time.perf_counter()
            call(x)
            times.append((time.perf_counter() - begin) * 1e3)
        theirs.append(statistics.median(times))
        bench = [TF2NG, "bench", job["model"], "--batch", str(job["batch"]), "--runs", str(job["runs"]), "--min-time", "0s", "--json"]
        mine.append(json.loads(subprocess.run(bench + threads, capture_output=True, check=True).stdout)["median_ms"])

    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/x.npy", x)
        run = [TF2NG, "run", job["model"], "--input", f"{inputs[0].name}={folder}/x.npy", "--output", output, "--out", f"{folder}/y.npz"]
        subprocess.run(run + threads + ["--tf-version", "2.21"], capture_output=True, check=True)
        difference = float(np.max(np.abs(np.load(f"{folder}/y.npz")[output] - want)))
    a, b = statistics.median(mine), statistics.median(theirs)
    name = os.path.basename(job["model"]).removesuffix(".pb")
    print(f"| {name} | {job['batch']} | {job['threads']} | {a:.2f} | {b:.2f} | {a / b:.2f} | {difference:.2g} |")


if __name__ == "__main__":
    main()
