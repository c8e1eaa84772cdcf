"""Records what TensorFlow computes for the cases of testdata/goldens.

    python scripts/goldens [--check] [--only REGEXP] [--directory testdata/goldens]

Every case is run: the declared ones (cases_*.py) and the recorded graphs, which are
defined by their own .pb and inputs. What differs from the recording is written, or with
--check only told. Floats within 1e-5 of the recorded ones count as equal, because
TensorFlow's last bits depend on the CPU; the recorded stay. See README.md.
"""

import argparse
import fcntl
import glob
import importlib
import os
import re
import sys

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported

import store
from case import ARRAY, CASES
from tensorflow.core.framework import graph_pb2, types_pb2
from tensorflow_process import Died, Refused, Runner

HERE = os.path.dirname(os.path.abspath(__file__))
# These multiply u8 by s8 in oneDNN, which saturates pairs at 16 bits unless the CPU has
# VNNI. QuantizedMatMul and a quint8 filter take another way, exact on every CPU.
SATURATING = re.compile(r"^(_Fused)?Quantized(Depthwise)?Conv2D|^QuantizedMatMulWith|^_QuantizedMatMul$")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if anything differs")
    parser.add_argument("--only", default="", help="run the cases whose ids match, keep the others as recorded")
    parser.add_argument("--directory", default=os.path.join(HERE, "../../testdata/goldens"))
    options = parser.parse_args()
    modules = [os.path.basename(p) for p in sorted(glob.glob(os.path.join(HERE, "cases_*.py")))]
    with open(os.path.join(options.directory, "index.json")) as index:
        fcntl.flock(index, fcntl.LOCK_EX)  # one recording at a time
        for module in modules:
            importlib.import_module(module[:-3])
        recording = Recording(options, modules)
        recording.run()
        status = recording.finish()
    sys.exit(status)


class Recording:
    def __init__(self, options, modules):
        self.options = options
        self.modules = modules
        self.directory = options.directory
        self.old = store.read_index(self.directory)
        self.entries = {}
        self.told = {k: [] for k in ("new", "changed", "near", "not run", "wrong")}
        self.same = 0
        self.vnni = has_vnni()
        self.runner = Runner()

    def run(self):
        cases = dict(CASES)
        for id, entry in self.old.items():
            if id in cases:
                if not entry.get("source"):
                    raise ValueError(f"{cases[id].source} declares {id}, which is the name of a recorded graph")
                cases[id].entry = entry
            elif not entry.get("source"):
                cases[id] = store.recorded_case(self.directory, entry)
            elif entry["source"] not in self.modules:
                self.entries[id] = entry
                self.told["not run"].append(f"{id}: {entry['source']} is missing; the recording stays")
        for case in cases.values():
            if re.search(self.options.only, case.id):
                self.record(case)
            elif case.entry:
                self.entries[case.id] = case.entry
        self.runner.close()

    def record(self, case):
        """Runs a case, compares it with what is recorded, and writes what differs."""
        if case.entry:
            self.entries[case.id] = case.entry
        if not self.vnni and saturates(case):
            return self.tell("not run", case, "this CPU has no VNNI; " + ("the recording stays" if case.entry else "nothing is recorded"))
        outputs, error = {}, ""
        try:
            outputs = self.runner.run(case)
        except Refused as e:
            error = message(e)
        except Died as e:
            return self.tell("wrong", case, str(e))
        if bool(error) != case.error:
            return self.tell("wrong", case, f"TensorFlow refuses it: {error}" if error else "TensorFlow accepts it")
        entry = case.entry | {} if not case.source else store.declared_entry(case, outputs, error)
        if "error" in entry and "error" in case.entry:
            entry["error"] = case.entry["error"]  # TensorFlow lists kernels in any order
        before = self.arrays(case.entry)
        kind, detail = compare(case, entry, self.graph(case.entry), before, outputs)
        if kind == "same" and entry != case.entry:
            kind, detail = "changed", "its index entry"
        if kind == "same":
            self.same += 1
            return None
        self.tell(kind, case, detail)
        if kind != "near":
            self.entries[case.id] = entry
            self.write(case, entry, before, outputs)
        return None

    def graph(self, entry):
        path = os.path.join(self.directory, entry.get("pb", ""))
        if not entry or not os.path.exists(path):
            return b""
        with open(path, "rb") as f:
            return f.read()

    def arrays(self, entry):
        path = os.path.join(self.directory, entry.get("npz", ""))
        return store.read_npz(path) if entry and os.path.exists(path) else {}

    def write(self, case, entry, before, outputs):
        if self.options.check:
            return
        arrays = {} if case.source else dict(before)  # recorded graphs keep other versions' outputs
        for f in entry["feeds"]:
            arrays[f["npz"]] = case.feeds[f["tensor"]][1].view(store.stored(f["dtype"]))
        for f in entry["fetches"]:
            if f["tensor"] in outputs:
                arrays[f["npz"]] = outputs[f["tensor"]][1].view(store.stored(f["dtype"]))
        store.write(os.path.join(self.directory, entry["pb"]), case.graph)
        store.write_npz(os.path.join(self.directory, entry["npz"]), arrays)

    def tell(self, kind, case, detail):
        self.told[kind].append(f"{case.id}: {detail}")

    def finish(self):
        """Writes the index, removes files of cases that are gone, and sums up."""
        gone = [e for id, e in self.old.items() if id not in self.entries]
        if not self.options.check:
            store.write_index(self.directory, self.entries.values())
            kept = {e[k] for e in self.entries.values() for k in ("pb", "npz")}
            for path in {e[k] for e in gone for k in ("pb", "npz")} - kept:
                if os.path.exists(os.path.join(self.directory, path)):
                    os.remove(os.path.join(self.directory, path))
        for kind, lines in self.told.items():
            for line in lines:
                print(f"{kind}: {line}")
        for e in gone:
            print(f"gone: {e['id']}")
        counts = ", ".join(f"{len(v)} {k}" for k, v in self.told.items())
        print(f"{len(self.entries)} cases: {self.same} same, {counts}, {len(gone)} gone")
        if self.told["not run"]:
            print("NOT RUN here: cases that multiply u8 by s8 through oneDNN, which is exact only on a CPU with AVX512_VNNI or AVX_VNNI")
        return 1 if self.told["wrong"] or self.options.check and (self.told["changed"] or self.told["new"] or gone) else 0


def compare(case, entry, graph, before, outputs):
    """Tells how what was recorded and TensorFlow's outputs differ."""
    if not graph:
        return "new", f"{len(outputs)} outputs"
    if graph != case.graph:
        return "changed", "its graph"
    for f in entry["feeds"]:
        if f["npz"] not in before or not store.identical(before[f["npz"]], case.feeds[f["tensor"]][1].view(store.stored(f["dtype"]))):
            return "changed", "its inputs"
    kind, detail = "same", ""
    for f in entry["fetches"]:
        if f["tensor"] not in outputs:
            continue
        new = outputs[f["tensor"]][1]
        if f["npz"] not in before:
            return "changed", f"{f['tensor']} was not recorded"
        old = before[f["npz"]]
        if store.identical(old, new.view(store.stored(f["dtype"]))):
            continue
        if old.shape != new.shape:
            return "changed", f"{f['tensor']}: shape {new.shape}, recorded {old.shape}"
        if f["dtype"] == "string":
            return "changed", f"{f['tensor']}: its strings"
        old = old.view(ARRAY[f["dtype"]]).astype(np.float64)
        new = new.astype(np.float64)
        wrong = ~((old == new) | np.isnan(old) & np.isnan(new) | (np.abs(old - new) <= 1e-5 * np.maximum(1e-3, np.abs(old))))
        with np.errstate(invalid="ignore"):
            detail = f"{f['tensor']}: {int((old != new).sum())} of {old.size} elements, by {np.nanmax(np.abs(old - new), initial=0):g} at most"
        if wrong.any() or not np.issubdtype(ARRAY[f["dtype"]], np.floating) and f["dtype"] != "bfloat16":
            return "changed", detail
        kind = "near"
    return kind, detail


def saturates(case):
    """Tells whether the case needs VNNI: sums of two products stay below 2^15 while the
    u8 data is 128 at most, or the constant weights are 64 at most, and even ones if the
    data is signed (oneDNN halves them then)."""
    nodes = {n.name: n for n in graph_pb2.GraphDef.FromString(case.graph).node}
    for node in nodes.values():
        if not SATURATING.match(node.op) or node.attr["Tfilter"].type == types_pb2.DT_QUINT8:
            continue
        dtype, data = case.feeds.get(node.input[0] + ":0", ("", None))
        if dtype == "quint8" and data.max(initial=0) <= 128:
            continue
        weights = nodes.get(node.input[1])
        if weights is None or weights.op != "Const" or not dtype:
            return True
        w = np.frombuffer(weights.attr["value"].tensor.tensor_content, np.int8).astype(int)
        if w.size == 0 or abs(w).max() > 64 or dtype == "qint8" and (w % 2).any():
            return True
    return False


def has_vnni():
    with open("/proc/cpuinfo") as f:
        return bool(re.search(r"\b(avx512_vnni|avx_vnni)\b", f.read()))


def message(error):
    """TensorFlow's message without where the node was made."""
    text = str(error).partition("\n\nOriginal stack trace")[0]
    if "Graph execution error" in text:
        text = text.partition(":")[0] + ": " + text.rpartition("Node: 'op'\n")[2]
    return text.strip().splitlines()[0][:300]


if __name__ == "__main__":
    main()
