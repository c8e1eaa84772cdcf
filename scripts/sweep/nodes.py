"""Nodes that TensorFlow has no Python function for, and constants of quantized types."""

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import attr_value_pb2, graph_pb2
from tensorflow.python.framework import op_def_registry


def node(op, *inputs, output=0, **attrs):
    """An output of a node: an input each, a list of them where the op takes one; types follow from them."""
    definition = op_def_registry.get(op)
    proto, given = graph_pb2.GraphDef(), {}
    made = proto.node.add(name="made", op=op)
    for arg, value in zip(definition.input_arg, inputs, strict=True):
        tensors = value if isinstance(value, list) else [value]
        if arg.type_list_attr:
            attrs[arg.type_list_attr] = [t.dtype for t in tensors]
        elif arg.type_attr and tensors:
            attrs[arg.type_attr] = tensors[0].dtype
        if arg.number_attr:
            attrs[arg.number_attr] = len(tensors)
        for t in tensors:
            name = f"given{len(given)}"
            stand = proto.node.add(name=name, op="Placeholder")
            stand.attr["dtype"].type = t.dtype.as_datatype_enum
            made.input.append(name)
            given[name] = t
    for a in definition.attr:
        if a.name in attrs:
            made.attr[a.name].CopyFrom(attribute(a.type, attrs[a.name]))
    outputs = tf.import_graph_def(proto, input_map=given, return_elements=[f"made:{output}"], name="")
    return outputs[0]


def attribute(kind, value):
    """The message of an attribute of a kind, as op definitions call it."""
    v = attr_value_pb2.AttrValue()
    many, kind = kind.startswith("list("), kind.removeprefix("list(").removesuffix(")")
    to = v.list if many else v
    field = {"type": "type", "int": "i", "float": "f", "bool": "b", "string": "s"}[kind]
    convert = {
        "type": lambda x: tf.as_dtype(x).as_datatype_enum,
        "string": lambda x: x if isinstance(x, bytes) else x.encode(),
    }.get(kind, lambda x: x)
    if many:
        getattr(to, field).extend(convert(x) for x in value)
        v.list.SetInParent()
    else:
        setattr(to, field, convert(value))
    return v


def quantized(kind, array):
    """A constant of a quantized type."""
    kind = tf.as_dtype(kind)
    array = np.asarray(array).astype(kind.as_numpy_dtype)
    proto = tf.make_tensor_proto(0)
    proto.Clear()
    proto.dtype = kind.as_datatype_enum
    for n in array.shape:
        proto.tensor_shape.dim.add(size=n)
    plain = {1: np.uint8, 2: np.uint16, 4: np.int32}[kind.size]
    proto.tensor_content = array.view(plain).tobytes()
    graph = graph_pb2.GraphDef()
    made = graph.node.add(name="constant", op="Const")
    made.attr["dtype"].type = kind.as_datatype_enum
    made.attr["value"].tensor.CopyFrom(proto)
    return tf.import_graph_def(graph, return_elements=["constant:0"], name="")[0]
