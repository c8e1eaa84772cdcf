"""Judges the ONNX models that tf2ng writes: see README.md."""

import argparse
import collections
import json
import multiprocessing
import os
import pathlib
import shutil
import subprocess
import sys

import netron
import numpy as np
import openvino

import judge
import known

ROOT = pathlib.Path(__file__).resolve().parents[2]
FORMS = ["qdq", "qoperator", "integer", "bytes", "calibrated"]
SUMS = ["bytes", "calibrated"]
# The inputs for which the winners have to agree, how far accuracies may part, and the integers that may be off by one
# where each node runs alone; sums of bytes may all be.
AGREEMENT, ACCURACY, OFF_BY_ONE = 0.998, 0.002, 0.001


class Failures(list):
    def add(self, where, what):
        self.append(f"{where}: {' '.join(what.split())[:400]}")
        print("  FAILED", self[-1])


def nodes(binary, *arguments):
    return subprocess.run([binary, *map(str, arguments)], check=True, text=True, stdout=subprocess.PIPE).stdout


def judge_graphs(directory, entries, results):
    for e in entries:
        results.send(judge.graph(directory, e))


def judged(directory, entries):
    """Judges graphs in a process of its own; where ONNX Runtime ends it, another goes on behind that graph."""
    at = 0
    while at < len(entries):
        results, sender = multiprocessing.Pipe(duplex=False)
        child = multiprocessing.Process(target=judge_graphs, args=(str(directory), entries[at : at + 500], sender))
        child.start()
        sender.close()
        for entry in entries[at : at + 500]:
            at += 1
            try:
                yield entry, results.recv()
            except EOFError:
                child.join()
                yield entry, judge.Verdict().add("died", "", f"exit code {child.exitcode}")
                break
        child.join()


def recorded(binary, recordings, form, directory, failures):
    """The recorded graphs of a directory of testdata."""
    print(f"== the recorded graphs of testdata/{recordings}, form {form}, each in ONNX Runtime beside tf2ng")
    print("  " + nodes(binary, "-goldens", ROOT / "testdata" / recordings, "-form", form, "-dir", directory).strip())
    entries = json.loads((directory / "index.json").read_text())
    if form in SUMS:
        entries = [e for e in entries if "Quantized" in e["op"]]  # the others have no such sums
    graphs(directory, entries, form, failures)


def alone(binary, directory, failures):
    """Nodes of the ops that no recorded graph computes."""
    print("== nodes of ops without recorded graphs, each in ONNX Runtime beside tf2ng")
    nodes(binary, "-alone", "-dir", directory)
    graphs(directory, json.loads((directory / "index.json").read_text()), "qdq", failures)


def graphs(directory, entries, form, failures):
    """Judges graphs, and tells what known.py explains."""
    reasons, fidelities = collections.Counter(), collections.Counter()
    for entry, verdict in judged(directory, entries):
        name, whys = f"{entry['name']} of {form}", set()
        for difference in verdict.differences:
            why = known.reason(name, difference)
            if why:
                whys.add(why)
            else:
                failures.add(f"{name} ({entry['op']}), {difference[1]}: {difference[0]}", difference[2])
        reasons.update(whys)
        if not verdict.differences:
            fidelities[entry["fidelity"]] += 1
    print("  as reported: " + ", ".join(f"{n} {f}" for f, n in fidelities.most_common()))
    for why, n in reasons.most_common():
        print(f"  {n} not compared, or in part: {why}")


class Model:
    """A model of an index.json, with inputs and TensorFlow's outputs."""

    def __init__(self, models, entry):
        self.path = models / entry["path"]
        self.name = self.path.stem
        self.labels = None
        data = np.load(models / f"{self.name}.tf221.npz")
        if "images" in entry:
            how = entry["images"]
            x = data["images"].astype(np.float32) - np.array(how.get("subtract", [0]), np.float32)
            self.x, self.y = (x / np.float32(how["divide"])).astype(np.float32), data["y"]
            self.sample = self.x[:1]
        elif self.name.startswith("digits"):
            digits = np.load(models / "digits_data.npz")
            self.x, self.labels = digits["xv"], digits["yv"]
            self.y = np.load(models / "digits_y500.tf221.npz")[self.name]
            self.sample = self.x[:64]
        else:
            self.x, self.y = data["x8"], data["y8"]
            self.sample = self.x[:1]

    def judge(self, got, exact=False):
        """Compares a runtime's results with TensorFlow's; returns them in words, and whether they are right.

        exact says that the winners have to be equal even for random weights."""
        same = float((got.argmax(-1) == self.y.argmax(-1)).mean())
        words = f"argmax as TensorFlow's {same:.4f}, probabilities within {np.abs(got - self.y).max():.2g}"
        limit = None if exact else known.RANDOM_WEIGHTS.get(self.name)
        right = same >= AGREEMENT
        if limit is not None:
            got_ln, want_ln = [np.log(np.maximum(y, 1e-30)) for y in (got, self.y)]
            best = np.sort(want_ln, -1)
            ahead, moved = best[:, -1] - best[:, -2], float((got_ln - want_ln).std())
            words += f"; random weights: ln p of the winners {ahead.min():.3f} to {ahead.max():.3f} ahead, moved by {moved:.3f}"
            right = moved <= limit * want_ln.std()
        if self.labels is not None:
            accuracy, wanted = [(y.argmax(-1) == self.labels).mean() for y in (got, self.y)]
            words += f", accuracy {accuracy:.3f} (TensorFlow's {wanted:.3f})"
            right = right and abs(accuracy - wanted) <= ACCURACY + 1e-9
        return words, right


def model(binary, m, directory, failures):
    """A model: each node alone, and from its input to its output, in each form."""
    print(f"== {m.name}")
    directory.mkdir(parents=True, exist_ok=True)
    np.save(directory / "input.npy", m.sample)
    np.save(directory / "inputs.npy", m.x)
    nodes(binary, "-model", m.path, "-input", directory / "input.npy", "-calibrate", directory / "inputs.npy", "-dir", directory)
    entries = json.loads((directory / "index.json").read_text())
    counts, steps = {form: collections.Counter() for form in FORMS}, {form: collections.Counter() for form in FORMS}
    for entry, verdict in judged(directory, entries):
        for kind, output, details, _ in verdict.differences:
            failures.add(f"{m.name}: {entry['name']} ({entry['op']}) of {entry['form']}: {kind}", details)
        counts[entry["form"]]["equal" if verdict.worst == 0 else "off by one"] += 1
        steps[entry["form"]] += verdict.steps
    for form, names in counts.items():
        if names:
            print(f"  nodes alone, {form}: {names['equal']} equal, {names['off by one']} off by one; {shares(steps[form])}")
        if form not in SUMS and steps[form][1] > OFF_BY_ONE * sum(steps[form].values()):
            failures.add(f"{m.name} {form}: nodes alone", f"more than {OFF_BY_ONE:.2%} off by one: {shares(steps[form])}")
    for form in FORMS:
        if form in SUMS and not counts[form]:  # it has no such sums, so that is the form qdq
            continue
        path = str(directory / f"{form}.onnx")
        wrong = judge.check(path)
        if wrong:
            failures.add(f"{m.name} {form}: checker", wrong)
            continue
        s = judge.session(path, os.cpu_count())
        words, right = m.judge(s.run(None, {s.get_inputs()[0].name: m.x})[0], exact=form == "integer")
        print(f"  ONNX Runtime, {form}: {words}")
        if not right:
            failures.add(f"{m.name} {form}", words)
        print(f"    tensors of bytes within the model: {shares(judge.within(directory, entries, path, m.sample))}")
    return str(directory / "qdq.onnx")


def shares(steps):
    """The distribution of steps in words."""
    total = max(sum(steps.values()), 1)
    part = lambda off: sum(n for step, n in steps.items() if off(step)) / total
    return f"of {total} integers {part(lambda s: s == 1):.4%} off by 1, {part(lambda s: s == 2):.4%} by 2, {part(lambda s: s > 2):.4%} by more"


def open_vino(paths, failures):
    """OpenVINO, whose default on some CPUs is bfloat16 between integers: here f32 on all."""
    print("== OpenVINO", openvino.__version__)
    core = openvino.Core()
    for m, path in paths:
        try:
            got = core.compile_model(core.read_model(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(m.x)[0]
        except Exception as error:
            failures.add(f"{m.name}: OpenVINO", str(error))
            continue
        words, right = m.judge(got)
        why = known.OPENVINO.get(m.name)
        print(f"  {m.name}: {words}{': ' + why if why else ''}")
        if not right and not why:
            failures.add(f"{m.name}: OpenVINO", words)


def netrons_loader(directory, paths, failures):
    print("== netron's loader")
    node = shutil.which("node")
    if node is None:
        print("  NOT RUN: there is no node")
        return
    modules = directory / "netron"
    shutil.copytree(pathlib.Path(netron.__file__).parent, modules, dirs_exist_ok=True)
    (modules / "package.json").write_text('{"type": "module"}')
    script = pathlib.Path(__file__).with_name("netron.mjs")
    for m, path in paths:
        run = subprocess.run([node, script, modules, path], text=True, capture_output=True)
        if run.returncode:
            failures.add(f"{m.name}: netron", run.stderr)
        else:
            print(f"  {m.name}: {run.stdout.strip()}")


def main():
    arguments = argparse.ArgumentParser(prog="scripts/onnx")
    arguments.add_argument("--nodes", default=ROOT / "bin/onnx-nodes", help="the built command scripts/onnx/nodes")
    arguments.add_argument("--models", type=pathlib.Path, default=ROOT / "testdata/graphdefs")
    arguments.add_argument("--dir", type=pathlib.Path, default=ROOT / "bin/onnx-models")
    arguments.add_argument("--only", default="", help="part of the names of models; leaves the recorded graphs out")
    options = arguments.parse_args()
    failures = Failures()
    options.dir = options.dir.resolve()
    shutil.rmtree(options.dir, ignore_errors=True)
    options.dir.mkdir(parents=True)
    if not options.only:
        for recordings, form in [("goldens", "qdq"), ("goldens", "bytes"), ("controlflow", "qdq"), ("controlflow", "integer")]:
            recorded(options.nodes, recordings, form, options.dir / f"{recordings}_{form}", failures)
        alone(options.nodes, options.dir / "alone", failures)
    paths = []
    for entry in json.loads((options.models / "index.json").read_text()):
        if options.only in entry["path"]:
            m = Model(options.models, entry)
            try:
                paths.append((m, model(options.nodes, m, options.dir / m.name, failures)))
            except subprocess.CalledProcessError as error:
                failures.add(m.name, str(error))
    open_vino(paths, failures)
    netrons_loader(options.dir, paths, failures)
    print(f"== {len(failures)} failures")
    for line in failures:
        print("  " + line)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
