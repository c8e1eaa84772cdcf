"""Runs random quantized graphs with TensorFlow and with tf2ng, and tells what differs.

    python scripts/fuzz --seed 1 --cases 500 [--only FAMILY|OP] [--keep DIRECTORY]

See README.md."""

import argparse
import collections
import os
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "../goldens"))
from tensorflow_process import ENVIRONMENT  # noqa: E402

for name in [n for n in os.environ if n.startswith(("ONEDNN_", "DNNL_"))]:
    del os.environ[name]
os.environ.update(ENVIRONMENT, OPENBLAS_NUM_THREADS="1")  # before TensorFlow is imported

import table  # noqa: E402
from judging import Judge  # noqa: E402
from saving import save  # noqa: E402
from sides import Tf2ng, TensorFlow  # noqa: E402

REFERENCE = 10  # every so many cases the reference engine computes, too


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, metavar="INDEX", help="the index of the first case: --first 17 --cases 1 runs case 17 alone")
    parser.add_argument("--only", default="", metavar="NAME", help="a family (" + ", ".join(table.FAMILIES) + "), or part of the name of an op")
    parser.add_argument("--keep", metavar="DIRECTORY", help="save what differs there, known differences too")
    parser.add_argument("--tf2ng", default=os.path.join(HERE, "../../bin/tf2ng"), help="the command")
    options = parser.parse_args()
    if not os.access(options.tf2ng, os.X_OK):
        parser.error(f"{options.tf2ng}: no such program; make build makes it")
    sys.exit(run(options))


def run(options):
    cpu, vnni = processor()
    rows = table.rows(options.only)
    theirs, ours = TensorFlow(), Tf2ng(options.tf2ng)
    judge, tally, start = Judge(theirs, ours), Tally(options.keep), time.monotonic()
    index = options.first
    try:
        while index < options.first + options.cases:
            case = table.generate(rows, options.seed, index, bounded=not vnni)
            if case.needs_vnni and not vnni:
                tally.left_out[case.needs_vnni] += 1
            else:
                tally.add(case, judge.judge(case, reference=index % REFERENCE == 0))
            index += 1
    except KeyboardInterrupt:
        print("interrupted")
    theirs.close()
    ours.close()
    print(f"{cpu}; seed {options.seed}, cases {options.first} to {index - 1}, {time.monotonic() - start:.0f} s")
    return tally.finish(index - options.first)


def processor():
    """The CPU's name and what it multiplies bytes with, and whether it multiplies u8 by s8 exactly."""
    with open("/proc/cpuinfo") as f:
        text = f.read()
    name = re.search(r"^model name\s*: (.*)$", text, re.M)
    flags = set(re.search(r"^flags\s*: (.*)$", text, re.M)[1].split())
    vnni = flags & {"avx512_vnni", "avx_vnni"}
    how = ", ".join(sorted(vnni | flags & {"amx_int8"})) if vnni else "no VNNI: products' data is quint8 of at most 127"
    return f"{name[1].strip() if name else 'CPU'} ({how})", bool(vnni)


class Tally:
    """Counts outcomes, prints differences as they come, and saves them."""

    def __init__(self, directory):
        self.directory = directory
        self.outcomes, self.left_out = collections.Counter(), collections.Counter()
        self.findings, self.known, self.refusals = collections.Counter(), collections.Counter(), collections.Counter()

    def add(self, case, outcome):
        self.refusals.update((outcome.kind, refusal) for refusal in outcome.refusals)
        found = outcome.finding
        if not found:
            self.outcomes[outcome.kind] += 1
            return
        if found.known:
            self.outcomes["differ as known"] += 1
            self.known[found.known] += 1
        else:
            self.outcomes[outcome.kind] += 1
            self.findings[f"{found.op}: {found.kind}; exact: {found.exact}"] += 1
            print(f"{case.name}: {found.op}: {found.kind}; exact: {found.exact}\n    {found.detail[:300]}", flush=True)
        if self.directory:
            save(os.path.join(self.directory, case.name), found)

    def finish(self, cases):
        """Prints the closing lines; returns 1 if there is a difference that is not known."""
        for (who, what), n in sorted(self.refusals.items(), key=lambda item: (item[0][0], -item[1])):
            print(f"{who}: {n} {what}")
        for title, counter in [("left out for want of VNNI", self.left_out), ("differs as known", self.known), ("differs", self.findings)]:
            for what, n in counter.most_common():
                print(f"{title}: {n} {what}")
        bits = self.outcomes["equal"] + self.outcomes["near"]
        print(f"{cases} cases: {bits} equal ({self.outcomes['near']} of them with floats within 2 ulp), " + ", ".join(
            f"{self.outcomes[k]} {k}"
            for k in ("differs", "differ as known", "refused by tf2ng only", "refused by TensorFlow only", "refused by both")
        ) + f", {self.left_out.total()} left out for want of VNNI")
        return 1 if self.findings else 0


if __name__ == "__main__":
    main()
