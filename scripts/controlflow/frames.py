"""Frames and Switch and Merge as TensorFlow 1 writes them: nested loops, conditionals with
computed predicates, in loops too, control dependencies, and forms built by hand."""

import numpy as np
import tensorflow as tf
from case import integers, normal, uniform
from flow import fed, frames, given, v1
from parts import matrix, requantized_product

raw = tf.raw_ops


def loop(condition, body, state, **options):
    return v1.while_loop(condition, body, state, **options)


@frames("frame_counts", "one frame: no, one and seven iterations", n=fed("int32", [], 0, 1, 7))
def _(rng, n):
    return loop(lambda i, a: i < n, lambda i, a: (i + 1, 2 * a + i), (0, tf.constant([1, -2])))


@frames("frame_constant_enter", "weights enter as constants of the frame, and what the condition captures", x=fed("float", [None, 4], normal(2, 4), normal(5, 4)), limit=fed("float", [], 4.0, 0.0))
def _(rng, x, limit):
    w, b = (v1.get_variable(n, initializer=matrix(rng, *s), use_resource=False) for n, s in (("w", (4, 4)), ("b", (4,))))
    return loop(lambda i, x: tf.cast(i, tf.float32) < limit, lambda i, x: (i + 1, tf.tanh(tf.nn.bias_add(tf.matmul(x, w), b))), (0, x))


@frames("frame_resource_variables", "the same with resource variables, frozen: reads within the frame", x=fed("float", [None, 4], normal(2, 4), normal(5, 4)))
def _(rng, x):
    w = v1.get_variable("w", initializer=matrix(rng, 4, 4), use_resource=True)
    return loop(lambda i, x: i < 3, lambda i, x: (i + 1, tf.tanh(tf.matmul(x, w))), (0, x))


@frames("frame_exits_unused", "only one Exit is used; a value passes from iteration to iteration as it is", n=fed("int32", [], 5, 0), x=fed("float", [2], normal(2), normal(2)))
def _(rng, n, x):
    return [loop(lambda i, a, b, c: i < n, lambda i, a, b, c: (i + 1, b, a + b, c), (0, 1, 1, x))[2]]


@frames("frame_nested", "a frame in a frame; the inner one's bound and captures are the outer's", x=fed("float", [None, 3], normal(2, 3), normal(4, 3)), n=fed("int32", [], 3, 0))
def _(rng, x, n):
    w = tf.constant(matrix(rng, 3, 3))

    def outer(i, s):
        shift = tf.cast(i, tf.float32)
        inner = loop(lambda j, t: j < i, lambda j, t: (j + 1, tf.sigmoid(tf.matmul(t, w)) + shift * x), (0, s))
        return i + 1, inner[1] - 0.5

    return loop(lambda i, s: i < n, outer, (0, x))


@frames("frame_nested_three", "three frames", n=fed("int32", [], 2, 4))
def _(rng, n):
    def third(i, j, c):
        return loop(lambda k, c: k <= j, lambda k, c: (k + 1, c + i * 100 + j * 10 + k), (0, c))[1]

    def second(i, c):
        return loop(lambda j, c: j <= i, lambda j, c: (j + 1, third(i, j, c)), (0, c))[1]

    return [loop(lambda i, c: i < n, lambda i, c: (i + 1, second(i, c)), (0, 0))[1]]


@frames("frame_nested_condition", "the outer frame's condition holds a loop", n=fed("int32", [], 30, 3))
def _(rng, n):
    def more(i):
        return loop(lambda j, s: j < i, lambda j, s: (j + 1, s + j), (0, 0))[1] < n

    return [loop(more, lambda i: (i + 1,), (1,))]


@frames("frame_assert", "an Assert in the frame, before the count goes on", n=fed("int32", [], 4, 0))
def _(rng, n):
    def body(i, s):
        with tf.control_dependencies([v1.debugging.assert_less(i, 100)]):
            return tf.identity(i) + 1, s + i

    return loop(lambda i, s: i < n, body, (0, 0))


@frames("frame_cond", "tf.cond in a loop by the state: Collatz", n=fed("int32", [], 27, 1, 6))
def _(rng, n):
    def body(n, steps):
        return v1.cond(tf.equal(n % 2, 0), lambda: n // 2, lambda: 3 * n + 1), steps + 1

    return loop(lambda n, s: n > 1, body, (n, 0))


@frames("frame_cond_cond", "conditionals in conditionals in a loop, constants in branches, a captured tensor as a result", x=fed("float", [None], normal(6), normal(2)), n=fed("int32", [], 5, 4))
def _(rng, x, n):
    def body(i, s):
        y = s + x

        def odd():
            return v1.cond(tf.reduce_sum(y) > 0.0, lambda: y * 0.5, lambda: -y + tf.cast(i, tf.float32))

        return i + 1, v1.cond(tf.equal(i % 2, 1), odd, lambda: v1.cond(tf.equal(i, 4), lambda: x, lambda: y))

    return loop(lambda i, s: i < n, body, (0, tf.zeros_like(x)))


@frames("frame_in_cond", "a loop in a branch: the frame is entered from a Switch", x=fed("float", [2], [1.5, -2.0], [3.0, 0.5]), go=fed("bool", [], True, False))
def _(rng, x, go):
    y = v1.cond(go, lambda: loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * x), (0, x))[1], lambda: -x)
    return [y + 1.0]


@frames("frame_in_cond_in_frame", "a loop in a branch in a loop", n=fed("int32", [], 5, 1))
def _(rng, n):
    def body(i, s):
        inner = lambda: loop(lambda j, t: j < i, lambda j, t: (j + 1, t + j * i), (0, s))[1]
        return i + 1, v1.cond(tf.equal(i % 2, 0), inner, lambda: s * 2)

    return loop(lambda i, s: i < n, body, (0, 1))


@frames("frame_grows", "the state grows by a row an iteration, as its shape invariant says", x=fed("float", [None, 2], normal(1, 2), normal(3, 2)), n=fed("int32", [], 4, 0))
def _(rng, x, n):
    def body(i, s):
        return i + 1, tf.concat([s, tf.reduce_sum(s, 0, keepdims=True) * 0.5], 0)

    return loop(lambda i, s: i < n, body, (0, x), shape_invariants=(tf.TensorShape([]), tf.TensorShape([None, 2])))


@frames("frame_beam_search", "beam search as TensorFlow 1 has it: sequences that grow, top k, log probabilities", start=fed("int32", [None], [3, 5], [1]), length=fed("int32", [], 5, 8))
def _(rng, start, length):
    beams, words, width = 2, 7, 5
    embedding, logits = (tf.constant(matrix(rng, *s, scale=1.0)) for s in ((words, width), (width, words)))
    batch = tf.shape(start)[0]

    def body(i, sequences, scores):
        flat = tf.reshape(sequences[:, :, -1], [-1])
        step = tf.nn.log_softmax(tf.matmul(tf.gather(embedding, flat), logits))
        totals = tf.expand_dims(scores, 2) + tf.reshape(step, [-1, beams, words])
        scores, best = tf.nn.top_k(tf.reshape(totals, [-1, beams * words]), beams)
        rows = tf.tile(tf.expand_dims(tf.range(batch), 1), [1, beams])
        kept = tf.gather_nd(sequences, tf.stack([rows, best // words], 2))
        return i + 1, tf.concat([kept, tf.expand_dims(best % words, 2)], 2), scores

    sequences = tf.tile(tf.reshape(start, [-1, 1, 1]), [1, beams, 1])
    scores = tf.tile(tf.constant([[0.0, -1e9]]), [batch, 1])
    shapes = (tf.TensorShape([]), tf.TensorShape([None, beams, None]), tf.TensorShape([None, beams]))
    return loop(lambda i, *_: i < length, body, (0, sequences, scores), shape_invariants=shapes)[1:]


@frames("frame_endless", "a frame that never ends: an error of ours", fails={0: ("run", "the loop does not end")}, x=fed("float", [2], [1.0, 2.0]))
def _(rng, x):
    return [loop(lambda s: tf.reduce_sum(s) > -1.0, lambda s: (s * 0.5,), (x,))]


@frames("frame_never", "a constant condition that is false, in the frame: LoopCond of a Const", x=fed("float", [None], normal(3), normal(2)))
def _(rng, x):
    return [loop(lambda s: tf.constant(False), lambda s: (s * 2.0,), (x,))]


@frames("frame_control_dependencies", "control inputs from outside into the frame, within it and out of it", x=fed("float", [None], [1.0, 2.0], [3.0]), n=fed("int32", [], 3, 1))
def _(rng, x, n):
    check = v1.debugging.assert_positive(x, message="x is to be positive")

    def body(i, s):
        with tf.control_dependencies([check, v1.debugging.assert_greater_equal(i, 0)]):
            s = s + x
        with tf.control_dependencies([s]):
            return tf.add(i, 1), tf.identity(s)

    i, s = loop(lambda i, s: i < n, body, (0, tf.zeros_like(x)))
    with tf.control_dependencies([i]):
        return [tf.identity(s), tf.constant(4.0)]


@frames("frame_int8_product", "QuantizeV2, QuantizedMatMulWithBiasAndRequantize and Dequantize in the frame", x=fed("float", [None, 8], normal(2, 8), normal(5, 8)), n=fed("int32", [], 3, 0))
def _(rng, x, n):
    w, b = integers(8, 8, low=-60, high=60)(rng), matrix(rng, 8)
    return loop(lambda i, x: i < n, lambda i, x: (i + 1, requantized_product(x, w, b)), (0, x))


@frames("frame_int8_eigen", "QuantizedMatMul, QuantizeDownAndShrinkRange, RequantizationRange in the frame, weights enter it", x=fed("float", [None, 6], uniform(2, 6), uniform(4, 6)))
def _(rng, x):
    w = v1.get_variable("w", initializer=integers(6, 6, low=0, high=255)(rng).astype(np.uint8), use_resource=False)
    weights = tf.bitcast(w, tf.quint8)

    def body(i, x):
        q, low, high = raw.QuantizeV2(input=x, min_range=-1.0, max_range=1.0, T=tf.quint8, mode="MIN_FIRST")
        out, low, high = raw.QuantizedMatMul(a=q, b=weights, min_a=low, max_a=high, min_b=-0.5, max_b=0.4, Toutput=tf.qint32)
        out, low, high = raw.QuantizeDownAndShrinkRange(input=out, input_min=low, input_max=high, out_type=tf.quint8)
        return i + 1, raw.Dequantize(input=out, min_range=low, max_range=high, mode="MIN_FIRST")

    return loop(lambda i, x: i < 3, body, (0, x))


@frames("frame_fake_quant", "FakeQuant of weights and activations in the frame", x=fed("float", [None, 4], normal(2, 4), normal(3, 4)))
def _(rng, x):
    w, low, high = (v1.get_variable(n, initializer=v, use_resource=False) for n, v in (("w", matrix(rng, 4, 4)), ("low", np.float32(-1.2)), ("high", np.float32(2.4))))

    def body(i, x):
        weights = tf.quantization.fake_quant_with_min_max_args(w, -1.0, 1.0, narrow_range=True)
        return i + 1, tf.quantization.fake_quant_with_min_max_vars(tf.matmul(x, weights) + 0.1, low, high)

    return [loop(lambda i, x: i < 4, body, (0, x))[1]]


@frames("frame_nms", "per class non-maximum suppression in a frame", boxes=fed("float", [None, 4], uniform(12, 4), uniform(5, 4)), scores=fed("float", [None, 3], uniform(12, 3), uniform(5, 3)))
def _(rng, boxes, scores):
    corners = tf.concat([tf.minimum(boxes[:, :2], boxes[:, 2:]), tf.maximum(boxes[:, :2], boxes[:, 2:])], 1)

    def body(c, found, classes):
        kept = tf.image.non_max_suppression(corners, scores[:, c], 4, 0.5, 0.3)
        return c + 1, tf.concat([found, kept], 0), tf.concat([classes, tf.fill(tf.shape(kept), c)], 0)

    empty = tf.zeros([0], tf.int32)
    shapes = (tf.TensorShape([]), tf.TensorShape([None]), tf.TensorShape([None]))
    _, found, classes = loop(lambda c, *_: c < 3, body, (0, empty, empty), shape_invariants=shapes)
    return tf.gather(corners, found), found, classes


@frames("cond_computed", "both branches, by the data; constants and outer tensors as results", x=fed("float", [None, 3], [[1, 2, 3]], [[-1, 2, -3], [0, 0, 0]]))
def _(rng, x):
    return v1.cond(tf.reduce_sum(x) > 0.0, lambda: (x, tf.constant(7)), lambda: (tf.exp(x) - 2.0, tf.shape(x)[0]))


@frames("cond_nested", "conditionals in both branches, by three predicates", a=fed("bool", [], True, True, False, False), b=fed("bool", [], True, False, True, False), x=fed("float", [2], *([[1.0, -2.0]] * 4)))
def _(rng, a, b, x):
    w = tf.constant(matrix(rng, 2))
    first = lambda: v1.cond(b, lambda: x + w, lambda: x * 3.0)
    second = lambda: v1.cond(tf.logical_or(a, b), lambda: w, lambda: tf.constant([5.0, 6.0]))
    return [v1.cond(a, first, second) * 2.0]


@frames("cond_shared_switch", "after each other by one predicate, the second on the first's result", x=fed("float", [None, 4], normal(2, 4), normal(3, 4)), training=fed("bool", [], False, True))
def _(rng, x, training):
    w = v1.get_variable("w", initializer=matrix(rng, 4, 4), use_resource=False)
    x = v1.cond(training, lambda: tf.matmul(x, w), lambda: tf.nn.relu(x))
    return [v1.cond(training, lambda: x * 0.5, lambda: tf.matmul(x, w) + 1.0)]


@frames("cond_shapes_differ", "branches give different shapes", x=fed("float", [None, 2], normal(2, 2), normal(3, 2)), double=fed("bool", [], True, False))
def _(rng, x, double):
    y = v1.cond(double, lambda: tf.concat([x, x], 0), lambda: x[:1])
    return y, tf.reduce_sum(y, 0)


@frames("cond_assert", "an Assert in one branch only; its Switch is a control input's pivot", x=fed("float", [None], [1.0, 4.0], [-1.0]))
def _(rng, x):
    def checked():
        with tf.control_dependencies([v1.debugging.assert_non_negative(x)]):
            return tf.sqrt(x)

    return [v1.cond(tf.size(x) > 1, checked, lambda: x + 1.0)]


@frames("cond_int8", "a quantized and a float branch", x=fed("float", [None, 8], normal(2, 8), normal(2, 8)), quantized=fed("bool", [], True, False))
def _(rng, x, quantized):
    w, b = integers(8, 8, low=-60, high=60)(rng), matrix(rng, 8)
    u = tf.constant((w * (0.5 / 127)).astype(np.float32))
    return [v1.cond(quantized, lambda: requantized_product(x, w, b), lambda: tf.matmul(x, u) + b)]


@frames("cond_case", "tf.case: a chain of conditionals; and an index by switch_case of old", i=fed("int32", [], 0, 1, 2), x=fed("float", [2], *([[1.0, -2.0]] * 3)))
def _(rng, i, x):
    return [v1.case([(tf.equal(i, 0), lambda: x), (tf.equal(i, 1), lambda: x * 10.0)], default=lambda: -x, exclusive=True)]


@frames("merge_index", "Merge's second output, which input is alive; Switch by hand", x=fed("float", [2], [1.0, 2.0], [1.0, 2.0]), p=fed("bool", [], True, False))
def _(rng, x, p):
    off, on = raw.Switch(data=x, pred=p)
    merged, index = raw.Merge(inputs=[tf.exp(off), on * 2.0])
    swapped, index2 = raw.Merge(inputs=[on + 1.0, off - 1.0])
    return merged, index, swapped, index2


@frames("merge_two_predicates", "a Merge of three inputs under two predicates, as a decision tree has it", x=fed("float", [2], *([[1.0, 2.0]] * 4)), p=fed("bool", [], True, True, False, False), q=fed("bool", [], True, False, True, False))
def _(rng, x, p, q):
    off, on = raw.Switch(data=x, pred=p)
    q_off, q_on = raw.Switch(data=on, pred=q)
    return [raw.Merge(inputs=[off + 1.0, q_off + 2.0, q_on + 3.0]).output]


@frames("switch_dead_control", "a node is dead if a control input of it is: constants behind a pivot", x=fed("float", [2], [1.0, 2.0], [1.0, 2.0]), p=fed("bool", [], True, False))
def _(rng, x, p):
    off, on = raw.Switch(data=p, pred=p)
    with tf.control_dependencies([tf.identity(off)]):
        a = tf.constant([3.0, 4.0])
    with tf.control_dependencies([tf.identity(on)]):
        b = tf.add(x, 0.5)
    return [raw.Merge(inputs=[a, b]).output]


@frames("frame_by_hand", "a frame written by hand: no Identity after Switch, Merge with NextIteration first, LoopCond of the Merge, an Exit used twice, Enter that is constant and is not shared", n=fed("int32", [], 4, -3))
def _(rng, n):
    entered = raw.Enter(data=tf.constant(0), frame_name="by_hand", is_constant=False)
    merged = raw.Merge(inputs=[entered, entered])
    bound = raw.Enter(data=n, frame_name="by_hand", is_constant=True)
    again = raw.LoopCond(input=raw.Less(x=merged.output, y=bound))
    leaves, stays = raw.Switch(data=merged.output, pred=again)
    step = raw.Enter(data=tf.constant(2), frame_name="by_hand", is_constant=True)
    following = raw.NextIteration(data=stays + step)
    merged.output.op._update_input(1, entered)
    merged.output.op._update_input(0, following)
    out = raw.Exit(data=leaves)
    return out + 1, out * 2


@frames("frame_chain", "Exit of a loop enters the next; one Enter feeds two frames' conditions", x=fed("float", [2], normal(2), normal(2)), n=fed("int32", [], 3, 0))
def _(rng, x, n):
    a = loop(lambda i, s: i < n, lambda i, s: (i + 1, s + x), (0, x))
    b = loop(lambda i, s: i < a[0] + 1, lambda i, s: (i + 1, s * a[1]), (0, a[1]))
    return b[1], a[1]


def with_tensors(op, value):
    """If whose condition is no boolean, with two branches of a library."""
    graph = tf.Graph()
    with graph.as_default():
        x = v1.placeholder(tf.float32, [2], name="x")
        p = v1.placeholder(value.dtype, value.shape, name="p")
        branches = [tf.function(f, input_signature=[tf.TensorSpec([2])], autograph=False).get_concrete_function() for f in (lambda x: (x + 1.0,), lambda x: (x * 2.0,))]
        out = op(cond=p, input=[x], Tout=[tf.float32], then_branch=branches[0], else_branch=branches[1])
        tf.identity(out[0], name="out")
    return graph.as_graph_def()


for id, op, value in (("if_number", raw.StatelessIf, tf.TensorSpec([], tf.int32)), ("if_stateful_float", raw.If, tf.TensorSpec([], tf.float32))):
    given(id, "a condition that is a number: true unless 0", lambda op=op, value=value: with_tensors(op, value), ["out:0"],
          x=fed("float", [2], *([[1.0, 2.0]] * 3)), p=fed({tf.int32: "int32", tf.float32: "float"}[value.dtype], [], 0, 3, -1))
given("if_vector", "a condition that is a vector: true unless it is empty", lambda: with_tensors(raw.StatelessIf, tf.TensorSpec([None], tf.float32)), ["out:0"],
      x=fed("float", [2], *([[1.0, 2.0]] * 3)), p=fed("float", [None], [], [0.0], [0.0, 0.0]))


def cut():
    """An endless loop, its result scaled, and a loop after it."""
    v1.disable_v2_behavior()
    graph = tf.Graph()
    with graph.as_default():
        x = v1.placeholder(tf.float32, [2], name="x")
        held = loop(lambda s: tf.reduce_sum(s) > -1.0, lambda s: (s * 0.5 + tf.random.uniform([2]),), (x,))
        scaled = tf.multiply(held, 3.0, name="scope/scaled")
        after = loop(lambda i, s: i < 3, lambda i, s: (i + 1, s + scaled), (0, scaled))
        tf.identity(after[1], name="out")
    return graph.as_graph_def()


given("cut_behind_loop", "an inner tensor is fed: the endless loop of random numbers behind it is not looked at, the one after it runs", cut, ["out:0"],
      **{"scope/scaled:0": fed("float", [2], [1.0, -2.0], [0.5, 4.0])})
