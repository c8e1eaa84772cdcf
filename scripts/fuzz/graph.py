"""A random graph: steps of one op each, which read each other's outputs."""

import os
import sys
from collections import namedtuple
from dataclasses import dataclass, field, replace

import numpy as np

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../goldens"))
from case import ARRAY, Input, infer_attributes, input_node, set_attributes  # noqa: E402
from draws import Draws  # noqa: E402
from tensorflow.core.framework import graph_pb2, node_def_pb2, types_pb2  # noqa: E402
from tensorflow.python.framework import op_def_registry  # noqa: E402

Tensor = namedtuple("Tensor", "name dtype shape")
# low and high are the tensors of the range; size is about how large the real numbers are.
Quantized = namedtuple("Quantized", "tensor low high size")


@dataclass
class Step:
    op: str
    node: str
    nodes: list  # names of the nodes that were made for this step, itself the last
    outputs: list  # of Tensor, in order
    ranges: set  # names of the outputs that are ends of ranges


@dataclass
class Case:
    """What tensorflow_process.run_graph takes, and how it came about."""

    graph: bytes
    feeds: dict  # tensor -> (TensorFlow's type, array)
    fetches: list
    steps: list
    folded: bool = False
    needs_vnni: str = ""  # why
    name: str = ""
    values: dict = field(default_factory=dict)  # constants by their nodes' names

    def proto(self):
        return graph_pb2.GraphDef.FromString(self.graph)

    def all_fetched(self):
        """The same case with every output of every step fetched."""
        return replace(self, fetches=[f"{s.node}:{i}" for s in self.steps for i in range(len(s.outputs))])


class Graph(Draws):
    """Nodes are added by add(), data and ranges drawn or taken from earlier steps."""

    def __init__(self, seed, bounded):
        super().__init__(seed)
        self.bounded = bounded  # products' data is at most 127: this CPU has no VNNI
        self.proto = graph_pb2.GraphDef()
        self.feeds, self.constants, self.steps = {}, {}, []
        self.values, self.reals = [], []  # what later steps may read
        self.hidden = set()  # what TensorFlow overwrites when it can, so that fetching it would matter
        self.needs_vnni = ""
        self.fresh_nodes = []

    # Inputs

    def input(self, dtype, array, constant):
        array = np.asarray(array).astype(ARRAY[dtype])
        name = f"{'c' if constant else 'x'}_{len(self.proto.node)}"
        self.proto.node.append(input_node(name, Input(dtype, None, constant), array))
        self.fresh_nodes.append(name)
        if constant:
            self.constants[name] = array
        else:
            self.feeds[name + ":0"] = (dtype, array)
        return Tensor(name, dtype, array.shape)

    def const(self, dtype, array):
        return self.input(dtype, array, True)

    def feed(self, dtype, array):
        return self.input(dtype, array, False)

    def ends(self, low, high):
        """The two tensors of a range, fed now and then: then nothing is known beforehand, and the min may be above the max."""
        constant = not self.chance(0.2)
        if not constant and self.chance(0.1):
            low, high = high, low
        return self.input("float", low, constant), self.input("float", high, constant)

    def fresh(self, dtype, shape, span=None):
        """A quantized value that is fed."""
        low, high = span or self.span(dtype)
        data = self.quantized(dtype, shape)
        size = max(abs(low), abs(high))
        if dtype == "qint32":
            size *= float(np.abs(data.astype(np.float64)).max(initial=1)) / 2**31
        return Quantized(self.feed(dtype, data), *self.ends(low, high), size)

    def value(self, *dtypes, rank=None, least=1, vector=False):
        """A quantized value of one of the types, whose rank is the one given or not below least;
        with vector its range may be one of channels. Mostly the newest that fits, else a fresh one."""
        fitting = [
            v for v in self.values
            if v.tensor.dtype in dtypes and rank in (None, len(v.tensor.shape)) and len(v.tensor.shape) >= least and (vector or v.low.shape == ())
        ]
        if fitting and self.chance(0.8):
            return fitting[-1]
        dtype = self.pick(*dtypes)
        return self.fresh(dtype, self.shape(self.whole(least, 4) if rank is None else rank))

    def factor(self, *dtypes, rank):
        """A value that is multiplied by weights, which without VNNI has to be small."""
        v = self.value(*dtypes, rank=rank)
        if v.tensor.dtype == "qint8":
            self.needs_vnni = "qint8 data"
        elif v.tensor.name + ":0" not in self.feeds:
            self.needs_vnni = "computed data"
        elif self.bounded:
            data = self.feeds[v.tensor.name + ":0"][1]
            np.right_shift(data, 1, out=data)
        return v

    def real(self, low, high, special=(), rank=None):
        """A float tensor: one of an earlier step, or numbers around a range."""
        fitting = [t for t in self.reals if rank in (None, len(t.shape))]
        if fitting and self.chance(0.7):
            return fitting[-1]
        shape = self.shape(self.whole(0, 4) if rank is None else rank)
        return self.feed("float", self.real_data(shape, low, high, special))

    def real_data(self, *args):
        return Draws.real(self, *args)

    # Nodes

    def node(self, op, *inputs, attrs):
        definition = op_def_registry.get(op)
        node = node_def_pb2.NodeDef(name=f"{op.strip('_')}_{len(self.proto.node)}", op=op)
        for arg, given in zip(definition.input_arg, inputs, strict=True):
            given = given if isinstance(given, list) else [given]
            node.input.extend(t.name for t in given)
            infer_attributes(arg, given, attrs)
        set_attributes(node.name, node, definition, attrs)
        self.proto.node.append(node)
        self.fresh_nodes.append(node.name)
        return node, definition

    def helper(self, op, *inputs, shape, dtype, **attrs):
        """The first output of a node that is no step: what it computes is not compared."""
        node, _ = self.node(op, *inputs, attrs=attrs)
        return Tensor(node.name, dtype, shape)

    def add(self, op, *inputs, shape=None, **attrs):
        """Adds a step and returns its outputs; shape is the first one's."""
        node, definition = self.node(op, *inputs, attrs=attrs)
        outputs, ranges = [], set()
        for arg in definition.output_arg:
            for dtype in output_types(arg, definition, attrs):
                i = len(outputs)
                outputs.append(Tensor(f"{node.name}:{i}" if i else node.name, dtype, shape if i == 0 else ()))
                if "min" in arg.name or "max" in arg.name or arg.name == "host_outputs":
                    ranges.add(f"{node.name}:{i}")
        self.steps.append(Step(op, node.name, self.fresh_nodes, outputs, ranges))
        self.fresh_nodes = []
        return outputs

    def keep(self, outputs, size, vector=None):
        """Lets later steps read a quantized output; vector is the shape of its range."""
        tensor, low, high = outputs
        if tensor.shape is not None and all(n > 0 for n in tensor.shape):
            low, high = (t._replace(shape=vector or ()) for t in (low, high))
            self.values.append(Quantized(tensor, low, high, min(size, 1e37)))

    def keep_real(self, tensor):
        if tensor.shape is not None and all(n > 0 for n in tensor.shape):
            self.reals.append(tensor)

    def case(self, name):
        """All outputs are fetched, or those that no step reads: then engines may fuse more."""
        read = {i if ":" in i else i + ":0" for n in self.proto.node for i in n.input}
        every = [f"{s.node}:{i}" for s in self.steps for i in range(len(s.outputs))]
        fetches = every if self.chance(0.6) else [t for t in every if t not in read]
        return Case(
            self.proto.SerializeToString(deterministic=True), self.feeds, fetches, self.steps, needs_vnni=self.needs_vnni, name=name,
            values=self.constants,
        )


def output_types(arg, definition, attrs):
    if arg.type_list_attr:
        return attrs[arg.type_list_attr]
    if not arg.type_attr:
        return [type_name(arg.type)]
    default = {a.name: a.default_value.type for a in definition.attr}
    return [attrs.get(arg.type_attr) or type_name(default[arg.type_attr])]


def type_name(number):
    return types_pb2.DataType.Name(number).removeprefix("DT_").lower()
