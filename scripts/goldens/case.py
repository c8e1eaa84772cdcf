"""What a case is: a graph of one op, its inputs, and nothing computed yet.

A module cases_*.py declares cases by calling case():

    case("Softmax", "softmax_rows", feed("float", normal(3, 5)))
    case("Pad", "pad_int32", feed("int32", integers(2, 3)), const("int32", [[1, 0], [0, 2]]))
    case("ConcatV2", "concat_two", [feed("float", normal(2, 3)), feed("float", normal(2, 1))], const("int32", 1))
    case("Softmax", "softmax_scalar", feed("float", 1.0), error=True)
    case("Neg", "neg_folded", const("float", normal(3)), folded=True)

The inputs stand in the order of the op's definition, an input that is a list as a list.
Attributes are keywords; types and lengths that the inputs tell are filled in. Data is an
array or a draw (normal, uniform, integers, below): a function of the case's own generator
of random numbers, which is seeded with the case's id.
"""

import os
import sys
import zlib
from dataclasses import dataclass, field

import numpy as np
from ml_dtypes import bfloat16
from tensorflow.core.framework import attr_value_pb2, graph_pb2, node_def_pb2, tensor_pb2, types_pb2
from tensorflow.python.framework import op_def_registry

# The array type that holds each of TensorFlow's types.
ARRAY = {
    "float": np.float32, "double": np.float64, "complex64": np.complex64, "complex128": np.complex128, "half": np.float16, "bfloat16": bfloat16, "bool": np.bool_,
    "int8": np.int8, "int16": np.int16, "int32": np.int32, "int64": np.int64,
    "uint8": np.uint8, "uint16": np.uint16, "uint32": np.uint32, "uint64": np.uint64,
    "qint8": np.int8, "quint8": np.uint8, "qint16": np.int16, "quint16": np.uint16, "qint32": np.int32,
    "string": object,
}


@dataclass
class Case:
    id: str
    group: str
    op: str
    attrs: dict
    graph: bytes
    feeds: dict  # tensor -> (TensorFlow's type, array)
    fetches: list  # tensors; empty: all outputs of node "op"
    error: bool = False  # TensorFlow refuses it
    note: str = ""
    source: str = ""  # the module that declares it; empty: a recorded graph
    folded: bool = False  # TensorFlow computes what is constant before it runs the graph
    entry: dict = field(default_factory=dict)  # of index.json, if there is one


@dataclass
class Input:
    dtype: str
    data: object
    constant: bool


@dataclass
class Through:
    op: str
    inputs: tuple
    attrs: dict
    dtype: str  # of its first output


CASES: dict[str, Case] = {}


def feed(dtype, data):
    """An input that is fed."""
    return Input(dtype, data, False)


def const(dtype, data):
    """An input that is a constant of the graph."""
    return Input(dtype, data, True)


def through(op, *inputs, dtype, **attrs):
    """An input that is the first output of an op, for what TensorFlow overwrites: a
    summand may not be fed."""
    return Through(op, inputs, attrs, dtype)


def normal(*shape, scale=1.0, mean=0.0):
    return lambda rng: rng.normal(mean, scale, shape)


def uniform(*shape, low=0.0, high=1.0):
    return lambda rng: rng.uniform(low, high, shape)


def integers(*shape, low=-9, high=9):
    """Draws from low to high, both included."""
    return lambda rng: rng.integers(low, high, shape, endpoint=True)


def case(op, id, *inputs, group="", error=False, note="", outputs=None, folded=False, producer=0, **attrs):
    """Declares a case of one op, which is node "op" of its graph; outputs lists the
    numbers of the outputs to record, all by default. With folded TensorFlow computes the
    op of constants before it runs the graph, whose outputs are then those of IdentityN.
    producer is the version of GraphDefs that still had the op."""
    if id in CASES:
        raise ValueError(f"two cases are called {id}")
    rng = np.random.default_rng(zlib.crc32(id.encode()))
    definition = op_def_registry.get(op)
    if definition is None:
        raise ValueError(f"{id}: TensorFlow registers no op {op}")
    if len(inputs) != len(definition.input_arg):
        raise ValueError(f"{id}: {op} has the inputs {[a.name for a in definition.input_arg]}, {len(inputs)} given")
    node = node_def_pb2.NodeDef(name="op", op=op)
    graph, feeds, attrs = graph_pb2.GraphDef(), {}, dict(attrs)
    if producer:
        graph.versions.producer = producer
    for arg, given in zip(definition.input_arg, inputs):
        several = isinstance(given, list)
        given = given if several else [given]
        for i, value in enumerate(given):
            name = f"{arg.name}_{i}" if several else arg.name
            node.input.append(_add_input(graph, feeds, rng, name, value))
        infer_attributes(arg, given, attrs)
    set_attributes(id, node, definition, attrs)
    graph.node.append(node)
    fetches = [f"op:{i}" for i in outputs or []]
    if folded:
        fetches = _keep(graph, definition, attrs)
    CASES[id] = Case(
        id, group or op, op, attrs, graph.SerializeToString(deterministic=True), feeds, fetches, error, note, _caller(), folded,
    )


def _add_input(graph, feeds, rng, name, value):
    """Adds the nodes of an input to a graph and returns its name."""
    if isinstance(value, Through):
        node = node_def_pb2.NodeDef(name=name, op=value.op)
        for i, v in enumerate(value.inputs):
            node.input.append(_add_input(graph, feeds, rng, f"{name}_{i}", v))
        set_attributes(name, node, op_def_registry.get(value.op), value.attrs)
        graph.node.append(node)
        return name
    array = arrayed(value.dtype, value.data(rng) if callable(value.data) else value.data)
    graph.node.append(input_node(name, value, array))
    if not value.constant:
        feeds[name + ":0"] = (value.dtype, array)
    return name


def arrayed(dtype, data):
    """Data as an array of TensorFlow's type; text of strings becomes UTF-8."""
    if dtype != "string":
        return np.array(data).astype(ARRAY[dtype])
    array = np.array(data, object)
    flat = [s.encode() if isinstance(s, str) else s for s in array.ravel()]
    array = np.empty(array.shape, object)
    array.ravel()[:] = flat
    return array


def infer_attributes(arg, given, attrs):
    """Adds the types and the length that the values given to an argument tell."""
    if arg.number_attr:
        attrs.setdefault(arg.number_attr, len(given))
    if arg.type_attr:
        attrs.setdefault(arg.type_attr, given[0].dtype if given else "float")
    if arg.type_list_attr:
        attrs.setdefault(arg.type_list_attr, [v.dtype for v in given])


def set_attributes(id, node, definition, attrs):
    kinds = {a.name: a.type for a in definition.attr}
    for name, value in attrs.items():
        if name not in kinds:
            raise ValueError(f"{id}: {node.op} has no attribute {name}, but {sorted(kinds)}")
        node.attr[name].CopyFrom(_attribute(kinds[name], value))


def _keep(graph, definition, attrs):
    """Adds an IdentityN of all outputs of "op" and returns its tensors."""
    node = node_def_pb2.NodeDef(name="kept", op="IdentityN")
    node.attr["T"].list.SetInParent()
    for i, arg in enumerate(definition.output_arg):
        node.input.append(f"op:{i}" if i else "op")
        default = {a.name: a.default_value.type for a in definition.attr}
        typ = _type(attrs[arg.type_attr]) if arg.type_attr in attrs else default.get(arg.type_attr)
        node.attr["T"].list.type.append(arg.type or typ)
    graph.node.append(node)
    return [f"kept:{i}" for i in range(len(definition.output_arg))]


def _caller():
    frame = sys._getframe(1)
    while frame:
        name = os.path.basename(frame.f_code.co_filename)
        if name.startswith("cases_"):
            return name
        frame = frame.f_back
    return ""


def _type(name):
    return types_pb2.DataType.Value("DT_" + name.upper())


def _tensor(dtype, array):
    tensor = tensor_pb2.TensorProto(dtype=_type(dtype))
    if dtype == "string":
        tensor.string_val.extend(array.ravel())
    else:
        tensor.tensor_content = np.ascontiguousarray(array).tobytes()
    tensor.tensor_shape.SetInParent()
    for n in array.shape:
        tensor.tensor_shape.dim.add(size=n)
    return tensor


def input_node(name, value, array):
    node = node_def_pb2.NodeDef(name=name, op="Const" if value.constant else "Placeholder")
    node.attr["dtype"].type = _type(value.dtype)
    if value.constant:
        node.attr["value"].tensor.CopyFrom(_tensor(value.dtype, array))
    else:
        node.attr["shape"].shape.SetInParent()
        for n in array.shape:
            node.attr["shape"].shape.dim.add(size=n)
    return node


def _attribute(kind, value):
    attr = attr_value_pb2.AttrValue()
    if kind.startswith("list("):
        attr.list.SetInParent()
        for v in value:
            one = _attribute(kind[5:-1], v)
            which = one.WhichOneof("value")
            getattr(attr.list, which).append(getattr(one, which))
    elif kind == "type":
        attr.type = _type(value)
    elif kind == "string":
        attr.s = value.encode()
    elif kind == "shape":
        attr.shape.SetInParent()
        attr.shape.unknown_rank = value is None
        for n in value or []:
            attr.shape.dim.add(size=n)
    elif kind == "tensor":
        attr.tensor.CopyFrom(_tensor(*value))
    else:
        setattr(attr, {"int": "i", "float": "f", "bool": "b"}[kind], value)
    return attr
