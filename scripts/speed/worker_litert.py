"""LiteRT with XNNPACK; see worker.py."""

import importlib.metadata

from ai_edge_litert.interpreter import Interpreter

import worker


def load(path, batch, threads, kernel):
    interpreter = Interpreter(path, num_threads=threads)
    interpreter.allocate_tensors()
    for i in interpreter.get_input_details():
        interpreter.set_tensor(i["index"], worker.values(i["shape"], i["dtype"]))
    return interpreter.invoke, None


worker.serve(importlib.metadata.version("ai-edge-litert"), load)
