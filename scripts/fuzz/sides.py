"""The two sides: each gives {tensor: array} for a case, or raises Refused."""

import contextlib
import multiprocessing
import os
import select
import subprocess
import sys
import tempfile
import time

import numpy as np
import store
import tensorflow  # noqa: F401  before the process is forked that uses it
from case import ARRAY
from tensorflow.core.framework import types_pb2

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../compare/tensorflow"))
import child  # noqa: E402

SECONDS = 30  # for one graph


class Refused(Exception):
    """The side gives no result. kind is "error", "died" or "late"."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class TensorFlow:
    """Runs graphs in the process that tf2ng diff runs them in, compare/tensorflow/child.py. It is forked, so that the next one is there at
    once when a graph has ended it."""

    def __init__(self):
        self.process, self.graphs = None, 0

    def run(self, case):
        if self.process is None:
            self._fork()
        self.graphs += 1
        load = {"do": "load", "graph": self.graphs, "optimize": case.folded, "threads": 1}
        parts, feeds = [], []
        for tensor, (dtype, array) in case.feeds.items():
            parts.append(np.ascontiguousarray(array).tobytes())
            number = types_pb2.DataType.Value("DT_" + dtype.upper())
            feeds.append({"name": tensor, "type": number, "shape": list(array.shape), "bytes": len(parts[-1])})
        try:
            self._call(load, [case.graph])
            try:
                header, payload = self._call({"do": "run", "graph": self.graphs, "feeds": feeds, "fetches": case.fetches}, parts)
            finally:
                if self.process is not None:
                    self._call({"do": "drop", "graph": self.graphs}, [])
        except (EOFError, BrokenPipeError):
            self.process.join()
            status = self.process.exitcode
            self.close()
            raise Refused("died", f"TensorFlow ended its process with status {status}") from None
        outputs, at = {}, 0
        for tensor in header["tensors"]:
            outputs[tensor["name"]] = plain(tensor, payload[at : at + tensor["bytes"]])
            at += tensor["bytes"]
        return outputs

    def _call(self, header, parts):
        """The answer to a frame."""
        child.write(self.requests, header, parts)
        answer, payload = child.read(self.answers)
        if "error" in answer:
            raise Refused("error", f"{answer['kind']}: {answer['error'].partition(' [[{{node ')[0]}")
        return answer, payload

    def _fork(self):
        (theirs, ours), (answers, answer) = os.pipe(), os.pipe()
        self.process = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs, answer, (ours, answers)), daemon=True)
        self.process.start()
        os.close(theirs)
        os.close(answer)
        self.requests, self.answers = os.fdopen(ours, "wb"), Answers(answers, self)
        child.read(self.answers)  # its versions

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.answers.close()
            with contextlib.suppress(BrokenPipeError):
                self.requests.close()
            self.process = None


class Answers:
    """What a child writes, for child.read: bytes that have to come in time."""

    def __init__(self, pipe, side):
        self.pipe, self.side = pipe, side

    def read(self, size):
        got, end = b"", time.monotonic() + SECONDS
        while len(got) < size:
            if not select.select([self.pipe], [], [], max(0, end - time.monotonic()))[0]:
                self.side.close()
                raise Refused("late", f"TensorFlow takes more than {SECONDS} s")
            more = os.read(self.pipe, size - len(got))
            if not more:
                raise EOFError
            got += more
        return got

    def close(self):
        os.close(self.pipe)


def _serve(requests, answers, others):
    """What the forked process does: child.py's main, between two pipes."""
    for pipe in others:
        os.close(pipe)
    os.dup2(requests, 0)
    os.dup2(answers, 1)
    os.dup2(os.open(os.devnull, os.O_RDWR), 2)
    os.close(requests)
    os.close(answers)
    child.main()


def plain(tensor, content):
    """A tensor of an answer, a quantized one as its plain integers."""
    name = types_pb2.DataType.Name(tensor["type"]).removeprefix("DT_").lower()
    return np.frombuffer(content, dtype=ARRAY[name]).reshape(tensor["shape"])


class Tf2ng:
    """Runs graphs with the command."""

    def __init__(self, command):
        self.command = command
        self.directory = tempfile.TemporaryDirectory()

    def run(self, case, engine="kernels"):
        at = self.directory.name
        graph, result = os.path.join(at, "graph.pb"), os.path.join(at, "result.npz")
        store.write(graph, case.graph)
        arguments = [self.command, "run", graph, "--tf-version", "2.21", "--engine", engine, "--out", result]
        for i, (tensor, (dtype, array)) in enumerate(case.feeds.items()):
            np.save(os.path.join(at, f"{i}.npy"), array.view(store.stored(dtype)))
            arguments += ["--input", f"{tensor}={at}/{i}.npy"]
        for tensor in case.fetches:
            arguments += ["--output", tensor]
        try:
            done = subprocess.run(arguments, capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise Refused("late", f"tf2ng takes more than {SECONDS} s") from None
        if done.returncode:
            died = done.returncode < 0 or "goroutine " in done.stderr or "internal error" in done.stderr
            raise Refused("died" if died else "error", done.stderr.strip().replace(at + "/", ""))
        with np.load(result) as outputs:
            return {tensor: outputs[tensor] for tensor in case.fetches}

    def close(self):
        self.directory.cleanup()
