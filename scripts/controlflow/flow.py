"""What a case is: graphs with loops and branches, what is fed, and nothing computed yet.

    @functional("while_counts", "what it shows", n=fed("int32", [], 0, 7))
    def _(rng):
        weights = tf.Variable(rng.normal(size=3).astype("float32"))
        return lambda n: tf.while_loop(...)

    @frames("frame_counts", "what it shows", n=fed("int32", [], 0, 7))
    def _(rng, n):
        return [tf.while_loop(...)]

functional() freezes the function twice: as functional.pb, with While and If over a library
of functions, and as lowered.pb, with Switch, Merge and frames in their place. Freezing
lowers Case always, so unfrozen.pb is the function's own graph, for functions that capture
nothing.
frames() builds a graph as TensorFlow 1 does, graph.pb. given() takes a GraphDef that is
built by hand. recorded() takes graphs that other versions of TensorFlow wrote, of which
only inputs and outputs are declared.

Each input has as many values as the case has runs. A value is an array or a draw: a
function of the case's generator of random numbers, which is seeded with the case's name.
"""

import os
import pickle
import sys
import traceback
import zlib
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf
from case import ARRAY

v1 = tf.compat.v1
tf.get_logger().setLevel("ERROR")  # what is deprecated is recorded all the same


@dataclass
class Fed:
    dtype: str  # TensorFlow's type
    shape: list  # of the placeholder; None: unknown
    values: tuple


@dataclass
class Case:
    id: str
    says: str
    build: object  # makes {file: GraphDef} and the tensors to fetch
    inputs: dict  # name -> Fed
    sets: dict = field(default_factory=dict)  # placeholder -> the value that it is fixed to
    fails: dict = field(default_factory=dict)  # number of the run -> ("load" or "run", why)
    oracle: str = ""  # the only graph that TensorFlow can run


CASES: dict[str, Case] = {}


def fed(dtype, shape, *values):
    return Fed(dtype, shape, values)


def declare(id, says, build, inputs, **options):
    if id in CASES:
        raise ValueError(f"two cases are called {id}")
    counts = {len(f.values) for f in inputs.values()}
    if len(counts) > 1:
        raise ValueError(f"{id}: inputs for {sorted(counts)} runs")
    CASES[id] = Case(id, says, build, inputs, **options)


def generator(id, purpose=""):
    return np.random.default_rng(zlib.crc32((id + purpose).encode()))


def feeds(case):
    """The inputs of each run: {tensor: (type, array)}."""
    rng = generator(case.id, "/feeds")
    count = max((len(f.values) for f in case.inputs.values()), default=1)
    runs = [{} for _ in range(count)]
    for name, f in case.inputs.items():
        for run, value in zip(runs, f.values):
            array = np.asarray(value(rng) if callable(value) else value).astype(ARRAY[f.dtype])
            run[name if ":" in name else name + ":0"] = (f.dtype, array)
    return runs


def functional(id, says, sets=None, fails=None, oracle="", lowered=True, unfrozen=False, **inputs):
    def decorate(make):
        def build():
            from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

            function = make(generator(id))
            specs = [tf.TensorSpec(f.shape, dtype_of(f.dtype), name=n) for n, f in inputs.items()]
            specs += [tf.TensorSpec([], tf.bool, name=n) for n in sets or {}]
            concrete = tf.function(function, input_signature=specs).get_concrete_function()
            graphs = {}
            for file, lower in (("functional.pb", False), ("lowered.pb", True))[: 1 + lowered]:
                frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=lower)
                graphs[file] = frozen.graph.as_graph_def()
            if unfrozen:
                graphs["unfrozen.pb"] = concrete.graph.as_graph_def()
            return graphs, [t.name for t in frozen.outputs]

        declare(id, says, build, inputs, sets=sets or {}, fails=fails or {}, oracle=oracle)
        return make

    return decorate


def frames(id, says, sets=None, fails=None, **inputs):
    def decorate(make):
        def build():
            v1.disable_v2_behavior()
            graph = tf.Graph()
            with graph.as_default():
                rng = generator(id)
                given = [v1.placeholder(dtype_of(f.dtype), f.shape, name=n) for n, f in inputs.items()]
                names = [tf.identity(t, name=f"out_{i}").op.name for i, t in enumerate(make(rng, *given))]
                definition = graph.as_graph_def()
                if v1.global_variables():
                    with v1.Session(config=v1.ConfigProto(intra_op_parallelism_threads=1)) as session:
                        session.run(v1.global_variables_initializer())
                        definition = v1.graph_util.convert_variables_to_constants(session, definition, names)
            return {"graph.pb": definition}, [n + ":0" for n in names]

        declare(id, says, build, inputs, sets=sets or {}, fails=fails or {})
        return make

    return decorate


def given(id, says, make, fetches, sets=None, fails=None, file="graph.pb", **inputs):
    declare(id, says, lambda: ({file: make()}, fetches), inputs, sets=sets or {}, fails=fails or {})


def recorded(id, says, files, fetches, sets=None, fails=None, **inputs):
    def build():
        graphs = {}
        for file in files:
            path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../testdata/controlflow", id, file)
            with open(path, "rb") as f:
                graphs[file] = v1.GraphDef.FromString(f.read())
        return graphs, fetches

    declare(id, says, build, inputs, sets=sets or {}, fails=fails or {})


def dtype_of(name):
    return tf.dtypes.as_dtype({"float": "float32", "double": "float64", "half": "float16"}.get(name, name))


def built(case):
    """The graphs of a case as bytes and what to fetch, made in a process of its own: names
    that TensorFlow counts up do not depend on the cases before."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(reading)
            graphs, fetches = case.build()
            with os.fdopen(writing, "wb") as out:
                pickle.dump(({k: g.SerializeToString(deterministic=True) for k, g in graphs.items()}, fetches), out)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        data = answer.read()
    if os.waitpid(pid, 0)[1] != 0:
        raise ValueError(f"{case.id} could not be built")
    return pickle.loads(data)
