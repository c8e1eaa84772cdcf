"""Graphs of control flow that no program may trust: testdata/controlflow/hostile.

Most are made from one small frame or one While by a change that breaks a rule. TensorFlow
refuses some, hangs on some and runs others to a wrong end; here an error is wanted."""

import os

import store
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.framework import graph_pb2

GRAPHS = {}  # name -> (what it is, GraphDef)
# What TensorFlow 2.21 gives for n = 3; it refuses the others.
RUNS = {
    "array_index_fed": "4", "bodies_double": "3", "body_takes_more": "3", "condition_is_number": "0", "exit_of_body": "0", "exit_of_merge": "0",
    "frames_deep": "3", "if_branch_results": "4", "loop_cond_missing": "3", "merge_of_living": "3, of two possible", "next_outside": "3",
    "array_huge": "ends its process", "list_huge": "ends its process", "body_calls_itself": "ends its process",
}


def hostile(name, says, change, graph=None):
    definition = graph_pb2.GraphDef()
    definition.CopyFrom(graph or frame())
    nodes = {n.name: n for n in definition.node}
    change(definition, nodes)
    GRAPHS[name] = says, definition


def node(graph, name, op, *inputs, **attrs):
    added = graph.node.add(name=name, op=op, input=inputs)
    for key, value in attrs.items():
        attr = added.attr[key]
        if isinstance(value, bool):
            attr.b = value
        elif isinstance(value, int):
            attr.i = value
        elif isinstance(value, str):
            attr.s = value.encode()
        elif isinstance(value, tf.DType):
            attr.type = value.as_datatype_enum
        else:
            text_format.Parse(value[0], attr)
    return added


def constant(graph, name, value, *control):
    added = graph.node.add(name=name, op="Const", input=control)
    proto = tf.make_tensor_proto(value)
    added.attr["value"].tensor.CopyFrom(proto)
    added.attr["dtype"].type = proto.dtype


def entered(graph, name, value, frame="loop", constant=False, T=tf.int32):
    return node(graph, name, "Enter", value, T=T, frame_name=frame, is_constant=constant, parallel_iterations=10)


def frame():
    """i counts from 0 to n, which is fed."""
    g = graph_pb2.GraphDef()
    i32 = tf.int32
    node(g, "n", "Placeholder", dtype=i32, shape=["shape { }"])
    constant(g, "zero", 0)
    entered(g, "enter", "zero")
    entered(g, "bound", "n", constant=True)
    node(g, "merge", "Merge", "enter", "next", T=i32, N=2)
    node(g, "less", "Less", "merge", "bound", T=i32)
    node(g, "more", "LoopCond", "less")
    node(g, "switch", "Switch", "merge", "more", T=i32)
    node(g, "body", "Identity", "switch:1", T=i32)
    constant(g, "one", 1, "^body")
    node(g, "add", "AddV2", "body", "one", T=i32)
    node(g, "next", "NextIteration", "add", T=i32)
    node(g, "exit", "Exit", "switch", T=i32)
    node(g, "out", "Identity", "exit", T=i32)
    return g


def function(library, name, inputs, outputs, nodes, results):
    """A function of the library; inputs and outputs are "name: DT_INT32"."""
    f = library.function.add()
    f.signature.name = name
    for arg in inputs:
        f.signature.input_arg.add(name=arg[0], type=arg[1].as_datatype_enum)
    for arg in outputs:
        f.signature.output_arg.add(name=arg[0], type=arg[1].as_datatype_enum)
    held = graph_pb2.GraphDef()
    for make in nodes:
        make(held)
    f.node_def.extend(held.node)
    f.ret.update(results)


def functions(condition="condition", body="body", Tin=2):
    """i counts from 0 to n by While."""
    g = graph_pb2.GraphDef()
    i32 = tf.int32
    node(g, "n", "Placeholder", dtype=i32, shape=["shape { }"])
    constant(g, "zero", 0)
    types = [" ".join(["list {"] + ["type: DT_INT32"] * Tin + ["}"])]
    node(g, "while", "StatelessWhile", *["zero", "n"][:Tin], T=types, cond=[f'func {{ name: "{condition}" }}'], body=[f'func {{ name: "{body}" }}'])
    node(g, "out", "Identity", "while", T=i32)
    pair = [("i", i32), ("n", i32)]
    function(g.library, "condition", pair, [("more", tf.bool)], [lambda h: node(h, "less", "Less", "i", "n", T=i32)], {"more": "less:z:0"})
    step = [lambda h: constant(h, "one", 1), lambda h: node(h, "add", "AddV2", "i", "one:output:0", T=i32)]
    function(g.library, "body", pair, [("j", i32), ("m", i32)], step, {"j": "add:z:0", "m": "n"})
    return g


def inputs(name, *values):
    """A change that gives a node other inputs."""

    def change(graph, nodes):
        nodes[name].input[:] = values

    return change


def attribute(name, key, value):
    def change(graph, nodes):
        nodes[name].attr[key].Clear()
        text_format.Parse(value, nodes[name].attr[key])

    return change


def without(*names):
    def change(graph, nodes):
        for name in names:
            graph.node.remove(nodes[name])

    return change


def adding(op, name, *given, output=None, **attrs):
    def change(graph, nodes):
        node(graph, name, op, *given, **attrs)
        nodes["out"].input[:] = [output or name]

    return change


I32 = dict(T=tf.int32)
hostile("cycle_without_frame", "two Add of each other, no frame", lambda g, n: (node(g, "a", "AddV2", "b", "n", **I32), node(g, "b", "AddV2", "a", "n", **I32), inputs("out", "a")(g, n)))
hostile("cycle_of_itself", "an Identity of itself", adding("Identity", "a", "a", **I32))
hostile("cycle_by_control_input", "a cycle of control inputs only", lambda g, n: (n["zero"].input.append("^out"), n["out"].input.append("^n")))
hostile("cycle_in_frame", "a cycle in the frame that no NextIteration closes", lambda g, n: (inputs("add", "body", "add2")(g, n), node(g, "add2", "AddV2", "add", "one", **I32)))
hostile("exit_without_enter", "Exit of a value that is in no frame", lambda g, n: inputs("exit", "n")(g, n))
hostile("exit_twice", "an Exit of an Exit: out of a frame that does not exist", adding("Exit", "exit2", "exit", **I32))
hostile("exit_of_merge", "Exit of Merge instead of Switch: leaves at each iteration", inputs("exit", "merge"))
hostile("exit_of_body", "Exit of what the loop goes on with", inputs("exit", "switch:1"))
hostile("exit_missing", "the output is a tensor in the frame", inputs("out", "add"))
hostile("enter_missing", "the body uses a tensor of outside without Enter", inputs("add", "body", "n"))
hostile("enter_feeds_outside", "a tensor in the frame is used outside with one of outside", adding("AddV2", "mixed", "body", "n", **I32))
hostile("frame_name_empty", "a frame without a name", lambda g, n: (attribute("enter", "frame_name", 's: ""')(g, n), attribute("bound", "frame_name", 's: ""')(g, n)))
hostile("frame_names_differ", "Enters of one loop name two frames", attribute("bound", "frame_name", 's: "other"'))
hostile("frame_of_itself", "a loop of the same frame name in the loop", lambda g, n: (entered(g, "again", "body"), node(g, "left", "Exit", "again", **I32), inputs("add", "left", "one")(g, n)))
hostile("next_without_merge", "NextIteration whose result goes into no Merge", inputs("merge", "enter", "enter"))
hostile("next_outside", "NextIteration in no frame", adding("NextIteration", "next2", "n", **I32))
hostile("next_from_outer", "NextIteration of a value of outside", inputs("next", "n"))
hostile("merge_of_nothing", "a Merge without an input", lambda g, n: (inputs("merge")(g, n), attribute("merge", "N", "i: 0")(g, n)))
hostile("merge_of_next_only", "a Merge of two NextIterations: the loop has no beginning", inputs("merge", "next", "next"))
hostile("merge_of_living", "a Merge in no frame whose inputs are both alive", adding("Merge", "both", "n", "zero", N=2, **I32))
hostile("merge_of_dead", "a Merge whose inputs are both dead", lambda g, n: (constant(g, "false", False), node(g, "s", "Switch", "n", "false", **I32), node(g, "m", "Merge", "s:1", "s:1", N=2, **I32), inputs("out", "m")(g, n)))
hostile("merge_count_wrong", "Merge says N of 3 and has two inputs", attribute("merge", "N", "i: 3"))
hostile("merge_count_huge", "Merge says N of 2^40", attribute("merge", "N", "i: 1099511627776"))
hostile("loop_cond_missing", "the Switches take the condition itself", lambda g, n: (inputs("switch", "merge", "less")(g, n), without("more")(g, n)))
hostile("loop_cond_outside", "LoopCond of a constant of outside", lambda g, n: (constant(g, "true", True), inputs("more", "true")(g, n)))
hostile("loop_cond_two", "a frame with two LoopConds that differ", lambda g, n: (node(g, "more2", "LoopCond", "less2"), node(g, "less2", "Less", "bound", "merge", **I32), node(g, "s2", "Switch", "merge", "more2", **I32), inputs("exit", "s2")(g, n)))
hostile("loop_cond_type", "LoopCond of a number", inputs("more", "merge"))
hostile("switch_port", "the third output of a Switch", inputs("body", "switch:2"))
hostile("switch_dead_output", "the output is dead: Switch's other side", lambda g, n: (constant(g, "false", False), node(g, "s", "Switch", "n", "false", **I32), inputs("out", "s:1")(g, n)))
hostile("switch_unmerged", "branches that no Merge joins, added to each other", lambda g, n: (node(g, "p", "Less", "n", "zero", **I32), node(g, "s", "Switch", "n", "p", **I32), node(g, "sum", "AddV2", "s", "s:1", **I32), inputs("out", "sum")(g, n)))
hostile("enter_count_huge", "parallel_iterations of 2^62 and of -1", lambda g, n: (attribute("enter", "parallel_iterations", "i: 4611686018427387904")(g, n), attribute("bound", "parallel_iterations", "i: -1")(g, n)))
hostile("constant_enter_of_merge", "the state itself enters as a constant of its frame", lambda g, n: inputs("bound", "merge")(g, n))
hostile("types_differ", "Enter says another type than its input has", attribute("enter", "T", "type: DT_FLOAT"))


def deep(graph, nodes):
    """Frames within frames, each of a name of its own."""
    last = "n"
    for i in range(100):
        entered(graph, f"e{i}", last, frame=f"f{i}")
        last = f"e{i}"
    for i in range(100):
        node(graph, f"x{i}", "Exit", last, **I32)
        last = f"x{i}"
    nodes["out"].input[:] = [last]


def calls(body):
    """A body of which a node is a While with a body of that name."""

    def change(graph, nodes):
        f = graph.library.function[1]
        held = graph_pb2.GraphDef()
        node(held, "again", "StatelessWhile", "i", "n", T=["list { type: DT_INT32 type: DT_INT32 }"], cond=['func { name: "condition" }'], body=[f'func {{ name: "{body}" }}'])
        f.node_def.extend(held.node)
        f.ret["j"] = "again:output:0"

    return change


def signature(index, change):
    return lambda graph, nodes: change(graph.library.function[index])


def doubled(graph, nodes):
    """24 bodies, each with two Whiles of the next: 2^24 if they are written out."""
    i32 = tf.int32
    types = ["list { type: DT_INT32 type: DT_INT32 }"]
    for k in range(24):
        following = f"body{k + 1}" if k < 23 else "body"
        call = [dict(T=types, cond=['func { name: "condition" }'], body=[f'func {{ name: "{following}" }}'])] * 2
        made = [
            lambda h, c=call: node(h, "a", "StatelessWhile", "i", "n", **c[0]),
            lambda h, c=call: node(h, "b", "StatelessWhile", "a:output:0", "n", **c[1]),
        ]
        function(graph.library, f"body{k}", [("i", i32), ("n", i32)], [("j", i32), ("m", i32)], made, {"j": "b:output:0", "m": "n"})
    nodes["while"].attr["body"].func.name = "body0"


hostile("frames_deep", "100 frames in each other", deep)
hostile("body_calls_itself", "a While whose body holds the While of the same body", calls("body"), functions())
hostile("body_is_condition", "the body is the condition's function: its results are others", lambda g, n: None, functions(body="condition"))
hostile("body_missing", "the body is not in the library", lambda g, n: None, functions(body="nowhere"))
hostile("body_unnamed", "no body is named", lambda g, n: n["while"].attr.pop("body"), functions())
hostile("bodies_double", "24 bodies with two Whiles of the next each", doubled, functions())
hostile("body_gives_fewer", "the body has one result for two values", signature(1, lambda f: (f.signature.output_arg.pop(), f.ret.pop("m"))), functions())
hostile("body_takes_more", "the body takes three values of two", signature(1, lambda f: f.signature.input_arg.add(name="k", type=3)), functions())
hostile("body_type", "the body gives another type than it takes", signature(1, lambda f: f.signature.output_arg[0].CopyFrom(f.signature.output_arg[0].__class__(name="j", type=9))), functions())
hostile("body_result_missing", "a result of the body is no tensor of it", signature(1, lambda f: f.ret.update({"j": "nothing:z:0"})), functions())
hostile("body_cycle", "a cycle in the body", signature(1, lambda f: f.node_def[1].input.__setitem__(1, "add:z:0")), functions())
hostile("condition_gives_two", "the condition has two results", signature(0, lambda f: (f.signature.output_arg.add(name="also", type=3), f.ret.update({"also": "i"}))), functions())
hostile("condition_is_number", "the condition is a number", signature(0, lambda f: (f.signature.output_arg[0].__setattr__("type", 3), f.ret.update({"more": "i"}))), functions())
hostile("while_of_nothing", "While without values", lambda g, n: attribute("while", "T", "list { }")(g, n), functions(Tin=0))
hostile("while_inputs_fewer", "While has one input and two types", inputs("while", "zero"), functions())
hostile("while_feeds_itself", "While's result is its input", inputs("while", "while", "n"), functions())


def cases(graph, nodes):
    node(graph, "case", "StatelessCase", "zero", "n", Tin=["list { type: DT_INT32 }"], Tout=["list { type: DT_INT32 }"], branches=["list { }"])
    nodes["out"].input[:] = ["case"]


def branches(then, otherwise, count=2):
    def change(graph, nodes):
        constant(graph, "true", True)
        given = ["n"] * count
        types = [" ".join(["list {"] + ["type: DT_INT32"] * count + ["}"])]
        node(graph, "if", "StatelessIf", "true", *given, Tcond=tf.bool, Tin=types, Tout=["list { type: DT_INT32 type: DT_INT32 }"],
             then_branch=[f'func {{ name: "{then}" }}'], else_branch=[f'func {{ name: "{otherwise}" }}'])
        nodes["out"].input[:] = ["if"]

    return change


hostile("case_of_nothing", "Case without a branch", cases, functions())
hostile("if_branch_results", "the branches of If have different results", branches("body", "condition"), functions())
hostile("if_branch_inputs", "If gives its branches three values of two", branches("body", "body", 3), functions())
hostile("if_branch_missing", "a branch of If is not in the library", branches("body", "nowhere"), functions())


def array(size):
    """A TensorArray of a size that is a constant, read at an index that is fed."""

    def change(graph, nodes):
        constant(graph, "size", size)
        node(graph, "array", "TensorArrayV3", "size", dtype=tf.int32, element_shape=["shape { }"], dynamic_size=True, clear_after_read=True, identical_element_shapes=True, tensor_array_name="")
        node(graph, "written", "TensorArrayWriteV3", "array", "n", "zero", "array:1", **I32)
        node(graph, "size2", "TensorArraySizeV3", "array", "written")
        nodes["out"].input[:] = ["size2"]

    return change


def reserved(size):
    def change(graph, nodes):
        constant(graph, "size", size)
        constant(graph, "element", [1 << 20, 1 << 20])
        node(graph, "list", "TensorListReserve", "element", "size", element_dtype=tf.int32, shape_type=tf.int32)
        node(graph, "stack", "TensorListStack", "list", "element", element_dtype=tf.int32, num_elements=-1)
        nodes["out"].input[:] = ["stack"]

    return change


hostile("array_huge", "a TensorArray of 2^31 - 1 elements", array((1 << 31) - 1))
hostile("array_negative", "a TensorArray of -1 elements", array(-1))
hostile("array_index_fed", "Write at an index that is fed, to an array that grows: n = 2^31 - 1 is an array as large", array(1))
hostile("array_no_handle", "Read of an array whose handle is a number", lambda g, n: (constant(g, "flow", 0.0), node(g, "read", "TensorArrayReadV3", "n", "zero", "flow", dtype=tf.int32), inputs("out", "read")(g, n)))
hostile("list_huge", "the stack of 2^31 - 1 elements of 2^40 numbers each, all unwritten", reserved((1 << 31) - 1))
hostile("list_negative", "a TensorList of -1 elements", reserved(-1))
hostile("list_no_handle", "GetItem of a number that is no list", lambda g, n: (constant(g, "shape", [1]), node(g, "get", "TensorListGetItem", "n", "zero", "shape", element_dtype=tf.int32), inputs("out", "get")(g, n)))


ABOUT = """# Hostile graphs

The output to ask for is `out`, the input is the scalar `n` of int32. Each is refused with an error, at loading or at running it;
where TensorFlow gives a number, that number is as good. None may hang, panic or take much memory.

| graph | what it is | TensorFlow 2.21, n = 3 |
|---|---|---|
"""


def write(directory, check):
    """Writes the graphs and what they are; tells what differs."""
    lines = [f"| `{name}.pb` | {says} | {RUNS.get(name, 'refuses')} |" for name, (says, _) in sorted(GRAPHS.items())]
    text = ABOUT
    files = {f"{name}.pb": g.SerializeToString(deterministic=True) for name, (_, g) in GRAPHS.items()}
    files["README.md"] = (text + "\n".join(lines) + "\n").encode()
    told = []
    for name, data in files.items():
        path = os.path.join(directory, name)
        if os.path.exists(path) and open(path, "rb").read() == data:
            continue
        told.append(f"hostile/{name}: differs")
        if not check:
            store.write(path, data)
    for name in sorted(set(os.listdir(directory)) - set(files)) if os.path.isdir(directory) else []:
        told.append(f"hostile/{name}: gone")
        if not check:
            os.remove(os.path.join(directory, name))
    return told
