"""The two sides: each gives {tensor: array} for a case, or raises Refused."""

import multiprocessing
import os
import subprocess
import tempfile

import numpy as np
import store
import tensorflow as tf
from tensorflow_process import run_graph

SECONDS = 30  # for one graph


class Refused(Exception):
    """The side gives no result. kind is "error", "died" or "late"."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class TensorFlow:
    """Runs graphs in a forked child, which a graph may end; the next graph gets another one."""

    def __init__(self):
        self.child = None

    def run(self, case):
        if self.child is None:
            self._fork()
        try:
            self.pipe.send((case.graph, case.feeds, case.fetches, case.folded))
            if not self.pipe.poll(SECONDS):
                self.close()
                raise Refused("late", f"TensorFlow takes more than {SECONDS} s")
            error, answer = self.pipe.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            self.child.join()
            status, self.child = self.child.exitcode, None
            raise Refused("died", f"TensorFlow ended its process with status {status}") from None
        if error:
            raise Refused("error", error)
        return {tensor: array for tensor, (_, array) in answer.items()}

    def _fork(self):
        forked = multiprocessing.get_context("fork")
        self.pipe, there = forked.Pipe()
        self.child = forked.Process(target=_serve, args=(there,), daemon=True)
        self.child.start()
        there.close()

    def close(self):
        if self.child is not None:
            self.child.kill()
            self.child.join()
            self.child = None


def _serve(pipe):
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    tf.compat.v1.disable_eager_execution()
    while True:
        try:
            work = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(("", run_graph(tf, *work)))
        except Exception as e:  # whatever TensorFlow raises is its answer
            pipe.send((message(e), None))


def message(error):
    """TensorFlow's message in one line, without where the node was made."""
    text = str(error).partition("\n\nOriginal stack trace")[0]
    if "Graph execution error" in text:
        text = text.rpartition("Node: '")[2].partition("\n")[2]
    return f"{type(error).__name__}: {text.strip().partition(chr(10))[0]}"


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
