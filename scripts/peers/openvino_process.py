"""Gives graphs to OpenVINO: converts, compiles for the CPU, runs."""

import re

import numpy as np
import openvino as ov

import comparison
import process

core = ov.Core()


def convert(path):
    """The model, or the ops without a conversion rule."""
    try:
        return ov.convert_model(path), []
    except Exception as e:
        rules = re.search(r"No conversion rule found for operations: (.*)", str(e))
        if not rules:
            raise
        return None, [r.strip() for r in rules.group(1).split(",")]


def run(task):
    if task["kind"] == "version":
        return {"version": ov.__version__.split("-")[0]}
    model, missing = convert(task["pb"])
    if missing:
        return {"missing": missing}
    if task["kind"] != "golden":
        return {"result": "converts"}
    arrays = np.load(task["npz"])
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    inputs = {name(port): port for port in compiled.inputs}
    feeds = {inputs[f["tensor"]]: comparison.recorded(arrays, f) for f in task["feeds"]}
    result = compiled(feeds)
    got = {name(port): result[port] for port in compiled.outputs}
    return {"result": comparison.compare(comparison.outputs(task, arrays), [got[f["tensor"]] for f in task["fetches"]], task["quantized"])}


def name(port):
    """The tensor's name in the GraphDef, with its number."""
    names = [n for n in port.names if ":" in n] or [n + ":0" for n in port.names]
    return sorted(names)[0]


process.work(run)
