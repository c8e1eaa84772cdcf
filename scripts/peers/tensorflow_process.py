"""Asks TensorFlow which ops and kernels it has, and whether it runs a graph."""

import os
import re

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session
from tensorflow.python.framework import kernels

import process


def registered():
    ops = op_def_pb2.OpList()
    ops.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    return ops.op


def has_kernel(op):
    """Whether the op has a CPU kernel."""
    found = kernels.get_registered_kernels_for_op(op).kernel
    return any(k.device_type in ("CPU", "DEFAULT") and not k.label for k in found)


def probe(op, path):
    """Writes a graph of the op alone, fed by placeholders; false where that takes a function or so."""
    graph = tf.compat.v1.GraphDef()
    node = tf.compat.v1.NodeDef(name="op", op=op.name)
    for a in op.attr:
        if not set_attr(node.attr[a.name], a):
            return False
    for i, arg in enumerate(op.input_arg):
        if arg.is_ref:
            return False
        for t in types_of(arg, node):
            p = graph.node.add(name=f"in{len(graph.node)}", op="Placeholder")
            p.attr["dtype"].type = t
            p.attr["shape"].shape.unknown_rank = True
            node.input.append(p.name)
    graph.node.append(node)
    with open(path, "wb") as f:
        f.write(graph.SerializeToString())
    return True


def set_attr(value, a):
    if a.HasField("default_value"):
        value.CopyFrom(a.default_value)
    elif a.type == "type":
        allowed = list(a.allowed_values.list.type)
        value.type = 1 if not allowed or 1 in allowed else allowed[0]
    elif a.type == "list(type)":
        value.list.type.extend([1] * max(a.minimum, 1))
    elif a.type == "int":
        value.i = max(a.minimum, 1)
    elif a.type == "float":
        value.f = 1
    elif a.type == "bool":
        value.b = False
    elif a.type == "string":
        allowed = a.allowed_values.list.s
        value.s = allowed[0] if allowed else b"x"
    elif a.type == "shape":
        value.shape.unknown_rank = True
    elif a.type == "list(int)":
        value.list.i.extend([1] * max(a.minimum, 4))
    elif a.type == "list(shape)":
        value.list.shape.add().unknown_rank = True
    elif a.type == "tensor":
        value.tensor.CopyFrom(tf.make_tensor_proto(1.0))
    else:
        return False
    return True


def types_of(arg, node):
    if arg.type_list_attr:
        return list(node.attr[arg.type_list_attr].list.type)
    t = arg.type or node.attr[arg.type_attr].type
    return [t] * (node.attr[arg.number_attr].i if arg.number_attr else 1)


def catalogue(directory):
    ops = {}
    for op in registered():
        if op.name.startswith("_Mkl"):  # oneDNN's own, which no file holds
            continue
        path = os.path.join(directory, op.name + ".pb")
        ops[op.name] = {"kernel": has_kernel(op.name), "probe": path if probe(op, path) else ""}
    return {"version": tf.__version__, "ops": ops}


def read(path):
    graph = tf.compat.v1.GraphDef()
    with open(path, "rb") as f:
        graph.ParseFromString(f.read())
    return graph


def copy(graph, path):
    """Writes the graph as TensorFlow does: a scalar's shape is there, though it is empty."""
    for n in graph.node:
        if n.op == "Const":
            n.attr["value"].tensor.tensor_shape.SetInParent()
    with open(path, "wb") as f:
        f.write(graph.SerializeToString())
    return {}


def run(task):
    if task["kind"] == "catalogue":
        return catalogue(task["directory"])
    graph = read(task["pb"])
    if task["kind"] == "copy":
        return copy(graph, task["copy"])
    arrays = np.load(task["npz"])
    feeds = {}
    for f in task["feeds"]:
        t = tf.dtypes.as_dtype(re.sub("^quantized_", "", f["dtype"]))
        feeds[f["tensor"]] = arrays[f["npz"]].view(t.as_numpy_dtype)
    with tf.Graph().as_default():
        tf.import_graph_def(graph, name="")
        with tf.compat.v1.Session() as session:
            session.run([f["tensor"] for f in task["fetches"]], feeds)
    return {"result": "runs"}


process.work(run)
