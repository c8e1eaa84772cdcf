"""While, If and Case over functions, and the same lowered: loops that run no time, once and
often, that grow, nest, branch and do not end; branches; INT8 arithmetic in bodies."""

import numpy as np
import tensorflow as tf
from case import integers, normal, uniform
from flow import fed, functional
from parts import dense_int8, matrix, qint8, requantized_product

raw = tf.raw_ops


@functional("while_counts", unfrozen=True, says="a loop of no, one and seven iterations, by a count that is fed", n=fed("int32", [], 0, 1, 7))
def _(rng):
    return lambda n: tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, 2 * a + i), (0, tf.constant([1, -2])))


@functional("while_never", "a constant condition that is false: the loop's values are what it is given", x=fed("float", [None, 3], normal(2, 3), normal(0, 3)))
def _(rng):
    def f(x):
        n = tf.constant(0)
        return tf.while_loop(lambda i, x: i < n, lambda i, x: (i + 1, x * 2.0), (5, x))

    return f


@functional("while_variables", "While, as its body reads variables; frozen they are constants", x=fed("float", [None, 4], normal(2, 4), normal(5, 4)))
def _(rng):
    w, b = tf.Variable(matrix(rng, 4, 4)), tf.Variable(matrix(rng, 4))

    def f(x):
        return tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, tf.tanh(x @ w + b)), (0, x))[1]

    return f


@functional("while_until_small", "the data decide how often: halves until the largest is at most 1", x=fed("float", [None], [0.5, 0.25], [90.0, -3.0, 7.0], [1e6]))
def _(rng):
    def f(x):
        return tf.while_loop(lambda n, x: tf.reduce_max(tf.abs(x)) > 1.0, lambda n, x: (n + 1, x * 0.5), (0, x))

    return f


@functional("while_fibonacci", "the next state swaps the state's values; one value never changes", n=fed("int32", [], 2, 20), x=fed("float", [2], [1.0, 2.0], [3.0, 4.0]))
def _(rng):
    def f(n, x):
        return tf.while_loop(lambda i, a, b, x: i < n, lambda i, a, b, x: (i + 1, b, a + b, x), (0, tf.constant(0, tf.int64), tf.constant(1, tf.int64), x))

    return f


@functional("while_condition_captures", "condition and body use outer tensors, one of them both", x=fed("float", [3], normal(3), normal(3)), limit=fed("float", [], 20.0, -1.0))
def _(rng):
    def f(x, limit):
        step = tf.abs(x) + 1.0
        return tf.while_loop(lambda s: tf.reduce_sum(s) < limit + step[0], lambda s: (s + step,), (tf.zeros_like(x),))

    return f


@functional("while_maximum_iterations", "maximum_iterations ends a loop that would not end; so does its condition", n=fed("int32", [], 4, 100))
def _(rng):
    def f(n):
        always = tf.while_loop(lambda i: True, lambda i: (i + 3,), (0,), maximum_iterations=n)
        return always[0], tf.while_loop(lambda i: i < 50, lambda i: (i + 3,), (0,), maximum_iterations=n)[0]

    return f


@functional("while_nested", "a loop in a loop, each with captures, the inner's count is the outer's", x=fed("float", [None, 3], normal(2, 3), normal(4, 3)), n=fed("int32", [], 3, 0))
def _(rng):
    w = tf.constant(matrix(rng, 3, 3))

    def f(x, n):
        def outer(i, s):
            shift = tf.cast(i, tf.float32)
            inner = tf.while_loop(lambda j, t: j < i, lambda j, t: (j + 1, tf.sigmoid(t @ w) + shift * x), (0, s))
            return i + 1, inner[1] - 0.5

        return tf.while_loop(lambda i, s: i < n, outer, (0, x))

    return f


@functional("while_nested_three", lowered=False, says="three loops, the innermost counts all", n=fed("int32", [], 2, 4))
def _(rng):
    def f(n):
        def third(i, j, c):
            return tf.while_loop(lambda k, c: k <= j, lambda k, c: (k + 1, c + i * 100 + j * 10 + k), (0, c))[1]

        def second(i, c):
            return tf.while_loop(lambda j, c: j <= i, lambda j, c: (j + 1, third(i, j, c)), (0, c))[1]

        return tf.while_loop(lambda i, c: i < n, lambda i, c: (i + 1, second(i, c)), (0, 0))[1]

    return f


@functional("while_if", "a branch in the body, by the state: Collatz", n=fed("int32", [], 27, 1, 6))
def _(rng):
    def f(n):
        def body(n, steps):
            return tf.cond(n % 2 == 0, lambda: n // 2, lambda: 3 * n + 1), steps + 1

        return tf.while_loop(lambda n, s: n > 1, body, (n, 0))

    return f


@functional("while_if_if", unfrozen=True, says="branches in branches in the body, with captures of the graph and of the body", x=fed("float", [None], normal(6), normal(2)), n=fed("int32", [], 5, 4))
def _(rng):
    def f(x, n):
        def body(i, s):
            y = s + x

            def odd():
                return tf.cond(tf.reduce_sum(y) > 0.0, lambda: y * 0.5, lambda: -y + tf.cast(i, tf.float32))

            return i + 1, tf.cond(i % 2 == 1, odd, lambda: tf.cond(i == 4, lambda: x, lambda: y))

        return tf.while_loop(lambda i, s: i < n, body, (0, tf.zeros_like(x)))

    return f


@functional("while_switch_case", unfrozen=True, lowered=False, says="Case in the body, the branch by the iteration", n=fed("int32", [], 6, 2))
def _(rng):
    def f(n):
        def body(i, s):
            return i + 1, tf.switch_case(i % 3, [lambda: s + 10, lambda: s * 3, lambda: -s])

        return tf.while_loop(lambda i, s: i < n, body, (0, 1))

    return f


@functional("while_assert", "an Assert and an order in the body: While, and control outputs of its functions", n=fed("int32", [], 3, 8))
def _(rng):
    def f(n):
        def body(i, s):
            tf.debugging.Assert(i < 100, [i])
            tf.debugging.assert_less(s, 10000, message="too large")
            return i + 1, s + i

        return tf.while_loop(lambda i, s: i < n, body, (0, 0))

    return f


@functional("while_grows", "the state grows by a row an iteration, as its shape invariant says", x=fed("float", [None, 2], normal(1, 2), normal(3, 2)), n=fed("int32", [], 4, 0))
def _(rng):
    def f(x, n):
        def body(i, s):
            return i + 1, tf.concat([s, tf.reduce_sum(s, 0, keepdims=True) * 0.5], 0)

        return tf.while_loop(lambda i, s: i < n, body, (0, x), shape_invariants=(tf.TensorShape([]), tf.TensorShape([None, 2])))

    return f


@functional("while_shrinks", "the state loses a row an iteration", x=fed("float", [None, 2], normal(5, 2), normal(1, 2)))
def _(rng):
    def f(x):
        invariant = (tf.TensorShape([]), tf.TensorShape([None, 2]))
        return tf.while_loop(lambda i, s: tf.shape(s)[0] > 1, lambda i, s: (i + 1, s[1:] + s[:1]), (0, x), shape_invariants=invariant)

    return f


@functional("while_beam_search", "three beams over a table of logits: TopK, gathers of beams, tokens that grow, an end token", start=fed("int32", [], 3, 1), length=fed("int32", [], 5, 8))
def _(rng):
    beams, words, width = 3, 11, 6
    embedding, state, logits = (tf.constant(matrix(rng, *s, scale=1.0)) for s in ((words, width), (width, width), (width, words)))

    def f(start, length):
        def body(i, tokens, scores, hidden):
            hidden = tf.tanh(tf.gather(embedding, tokens[:, -1]) + hidden @ state)
            finished = tf.equal(tokens[:, -1], 0)
            step = tf.nn.log_softmax(hidden @ logits)
            stay = tf.concat([tf.zeros([beams, 1]), tf.fill([beams, words - 1], -1e9)], 1)
            step = tf.where(finished[:, tf.newaxis], stay, step)
            scores, best = tf.math.top_k(tf.reshape(scores[:, tf.newaxis] + step, [-1]), beams)
            beam, word = best // words, best % words
            tokens = tf.concat([tf.gather(tokens, beam), word[:, tf.newaxis]], 1)
            return i + 1, tokens, scores, tf.gather(hidden, beam)

        def more(i, tokens, scores, hidden):
            return tf.logical_and(i < length, tf.reduce_any(tf.not_equal(tokens[:, -1], 0)))

        first = (0, tf.fill([beams, 1], start), tf.constant([0.0, -1e9, -1e9]), tf.zeros([beams, width]))
        shapes = (tf.TensorShape([]), tf.TensorShape([beams, None]), tf.TensorShape([beams]), tf.TensorShape([beams, width]))
        return tf.while_loop(more, body, first, shape_invariants=shapes)[:3]

    return f


@functional("while_endless", "its condition never ends it: an error of ours, as TensorFlow runs for ever", fails={0: ("run", "the loop does not end")}, x=fed("float", [2], [1.0, 2.0]))
def _(rng):
    return lambda x: tf.while_loop(lambda s: tf.reduce_sum(s) > -1.0, lambda s: (s * 0.5,), (x,))[0]


@functional("while_endless_for_some", "by zero it never ends, by one it does", fails={1: ("run", "the loop does not end")}, step=fed("int32", [], 1, 0))
def _(rng):
    return lambda step: tf.while_loop(lambda i: i < 6, lambda i: (i + step,), (0,))[0]


@functional("while_grows_for_ever", "the state doubles and never ends: an error before the memory is full", fails={0: ("run", "the state grows beyond any memory")}, x=fed("float", [None], [1.0, 2.0]))
def _(rng):
    def f(x):
        return tf.while_loop(lambda s: tf.size(s) > 0, lambda s: (tf.concat([s, s], 0),), (x,), shape_invariants=(tf.TensorShape([None]),))[0]

    return f


@functional("while_nms", "a loop over classes with NonMaxSuppressionV3 in it; detections grow", boxes=fed("float", [None, 4], uniform(12, 4), uniform(5, 4)), scores=fed("float", [None, 3], uniform(12, 3), uniform(5, 3)))
def _(rng):
    def f(boxes, scores):
        corners = tf.concat([tf.minimum(boxes[:, :2], boxes[:, 2:]), tf.maximum(boxes[:, :2], boxes[:, 2:])], 1)

        def body(c, found, classes):
            kept = tf.image.non_max_suppression(corners, scores[:, c], 4, 0.5, 0.3)
            return c + 1, tf.concat([found, kept], 0), tf.concat([classes, tf.fill(tf.shape(kept), c)], 0)

        empty = tf.zeros([0], tf.int32)
        shapes = (tf.TensorShape([]), tf.TensorShape([None]), tf.TensorShape([None]))
        _, found, classes = tf.while_loop(lambda c, *_: c < 3, body, (0, empty, empty), shape_invariants=shapes)
        return tf.gather(corners, found), found, classes

    return f


@functional("while_int8_product", oracle="lowered.pb", says="QuantizeV2, QuantizedMatMulWithBiasAndRequantize and Dequantize in the body", x=fed("float", [None, 8], normal(2, 8), normal(5, 8)), n=fed("int32", [], 3, 0))
def _(rng):
    w, b = integers(8, 8, low=-60, high=60)(rng), matrix(rng, 8)

    def f(x, n):
        return tf.while_loop(lambda i, x: i < n, lambda i, x: (i + 1, requantized_product(x, w, b)), (0, x))

    return f


@functional("while_int8_state", "the state is uint8 with its range, as NextIteration takes no quint8: Bitcast, QuantizedMatMul, RequantizationRange, Requantize", x=fed("float", [None, 6], uniform(2, 6, low=-1), uniform(4, 6, low=-1)))
def _(rng):
    w = tf.constant(integers(6, 6, low=0, high=255)(rng).astype(np.uint8))

    def f(x):
        def body(i, q, low, high):
            q = tf.bitcast(q, tf.quint8)
            out, low, high = raw.QuantizedMatMul(a=q, b=tf.bitcast(w, tf.quint8), min_a=low, max_a=high, min_b=-0.5, max_b=0.4, Toutput=tf.qint32)
            low2, high2 = raw.RequantizationRange(input=out, input_min=low, input_max=high)
            out, low, high = raw.Requantize(input=out, input_min=low, input_max=high, requested_output_min=low2, requested_output_max=high2, out_type=tf.quint8)
            return i + 1, tf.bitcast(out, tf.uint8), low, high

        q, low, high = tf.quantization.quantize(x, -1.0, 1.0, tf.quint8)
        _, out, low, high = tf.while_loop(lambda i, *_: i < 3, body, (0, tf.bitcast(q, tf.uint8), low, high))
        return tf.quantization.dequantize(tf.bitcast(out, tf.quint8), low, high), out, low, high

    return f


@functional("while_fake_quant", "a body of quantization-aware training: FakeQuant of weights and of activations", x=fed("float", [None, 4], normal(2, 4), normal(3, 4)))
def _(rng):
    w, low, high = tf.Variable(matrix(rng, 4, 4)), tf.Variable(-1.2), tf.Variable(2.4)

    def f(x):
        def body(i, x):
            weights = tf.quantization.fake_quant_with_min_max_vars_per_channel(w, [-0.9, -0.5, -1.0, -0.7], [0.9, 0.5, 1.0, 0.7], narrow_range=True)
            return i + 1, tf.quantization.fake_quant_with_min_max_vars(x @ weights + 0.1, low, high)

        return tf.while_loop(lambda i, x: i < 4, body, (0, x))[1]

    return f


@functional("while_quantize_dequantize", "QuantizeAndDequantizeV4 of data and of weights in the body", x=fed("float", [None, 4], normal(2, 4), normal(3, 4)))
def _(rng):
    w = tf.Variable(matrix(rng, 4, 4))

    def f(x):
        def body(i, x):
            weights = tf.quantization.quantize_and_dequantize_v2(w, -1.0, 1.0, range_given=True, narrow_range=True)
            x = tf.quantization.quantize_and_dequantize_v2(x, -2.0, 2.0, range_given=True, round_mode="HALF_UP")
            return i + 1, tf.nn.relu(x @ weights) + 0.1

        return tf.while_loop(lambda i, x: i < 4, body, (0, x))[1]

    return f


@functional("while_int8_convolution", oracle="lowered.pb", says="a quantized convolution with bias, Relu and requantization in the body, its state uint8", x=fed("float", [None, 6, 6, 4], uniform(1, 6, 6, 4), uniform(2, 6, 6, 4)))
def _(rng):
    w, b = integers(3, 3, 4, 4, low=-60, high=60)(rng), matrix(rng, 4)

    def f(x):
        def body(i, q, low, high):
            out, low, high = raw.QuantizedConv2DWithBiasAndReluAndRequantize(
                input=tf.bitcast(q, tf.quint8), filter=qint8(w), bias=b, min_input=low, max_input=high, min_filter=tf.fill([4], -0.3), max_filter=tf.fill([4], 0.3),
                min_freezed_output=0.0, max_freezed_output=2.0, out_type=tf.quint8, strides=[1, 1, 1, 1], padding="SAME",
            )
            return i + 1, tf.bitcast(out, tf.uint8), low, high

        q, low, high = raw.QuantizeV2(input=x, min_range=0.0, max_range=2.0, T=tf.quint8, mode="SCALED")
        _, out, low, high = tf.while_loop(lambda i, *_: i < 3, body, (0, tf.bitcast(q, tf.uint8), low, high))
        return raw.Dequantize(input=tf.bitcast(out, tf.quint8), min_range=low, max_range=high, mode="SCALED"), out

    return f


@functional("if_computed", unfrozen=True, says="both branches, by the data; a branch gives an outer tensor as it is", x=fed("float", [None, 3], [[1, 2, 3]], [[-1, 2, -3], [0, 0, 0]]))
def _(rng):
    def f(x):
        return tf.cond(tf.reduce_sum(x) > 0.0, lambda: (x, tf.constant(7)), lambda: (tf.exp(x) - 2.0, tf.shape(x)[0]))

    return f


@functional("if_variables", "If, as its branches read variables; each captures its own", x=fed("float", [None, 4], normal(2, 4), normal(3, 4)), deep=fed("bool", [], True, False))
def _(rng):
    u, v, b = tf.Variable(matrix(rng, 4, 6)), tf.Variable(matrix(rng, 4, 6)), tf.Variable(matrix(rng, 6))

    def f(x, deep):
        return tf.nn.softmax(tf.cond(deep, lambda: tf.nn.relu(x @ u) + b, lambda: x @ v))

    return f


@functional("if_shapes_differ", "the branches give different shapes", x=fed("float", [None, 2], normal(2, 2), normal(3, 2)), double=fed("bool", [], True, False))
def _(rng):
    def f(x, double):
        y = tf.cond(double, lambda: tf.concat([x, x], 0), lambda: x[:1])
        return y, tf.reduce_sum(y, 0)

    return f


@functional("if_int8", oracle="lowered.pb", says="a quantized and a float branch", x=fed("float", [None, 8], normal(2, 8), normal(2, 8)), quantized=fed("bool", [], True, False))
def _(rng):
    w, b = integers(8, 8, low=-60, high=60)(rng), matrix(rng, 8)
    u = tf.constant((w * (0.5 / 127)).astype(np.float32))

    def f(x, quantized):
        return tf.cond(quantized, lambda: requantized_product(x, w, b), lambda: x @ u + b)

    return f


@functional("if_while", "a loop in a branch, none in the other", x=fed("float", [2], [1.5, -2.0], [3.0, 0.5]), loop=fed("bool", [], True, False))
def _(rng):
    def f(x, loop):
        return tf.cond(loop, lambda: tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * x), (0, x)), lambda: (9, -x))

    return f


@functional("if_assert", unfrozen=True, says="an Assert in one branch only, and an order after it", x=fed("float", [None], [1.0, 4.0], [-1.0]))
def _(rng):
    def f(x):
        def checked():
            tf.debugging.Assert(tf.reduce_min(x) >= 0.0, [x])
            return tf.sqrt(x)

        return tf.cond(tf.size(x) > 1, checked, lambda: x + 1.0)

    return f


@functional("if_constant", "constant predicates, one of them hidden behind arithmetic of constants", x=fed("float", [None], [1.0, 4.0], [-1.0]))
def _(rng):
    true, two = tf.Variable(True), tf.Variable(2)

    def f(x):
        y = tf.cond(true, lambda: x * 2.0, lambda: tf.random.uniform(tf.shape(x)))
        return tf.cond(two * 3 > 7, lambda: tf.random.normal(tf.shape(x)), lambda: y + 1.0)

    return f


@functional("case_index", unfrozen=True, lowered=False, says="branches by an index; outside of 0 and 3 it is the last", i=fed("int32", [], 0, 1, 2, 3, 4, -1), x=fed("float", [2], *([[1.0, -2.0]] * 6)))
def _(rng):
    def f(i, x):
        return tf.switch_case(i, [lambda: x, lambda: x + 10.0, lambda: tf.reverse(x, [0]), lambda: tf.zeros_like(x)])

    return f


@functional("case_variables", lowered=False, says="Case, as its branches read variables", i=fed("int32", [], 0, 2), x=fed("float", [None, 3], normal(2, 3), normal(1, 3)))
def _(rng):
    experts = [tf.Variable(matrix(rng, 3, 3)) for _ in range(3)]

    def f(i, x):
        return tf.switch_case(i, [lambda w=w: tf.nn.relu(x @ w) for w in experts])

    return f


@functional("case_assert", unfrozen=True, lowered=False, says="Case that is not stateless, as a branch has an Assert", i=fed("int32", [], 0, 1, 5), x=fed("float", [2], *([[1.0, 2.0]] * 3)))
def _(rng):
    def f(i, x):
        def checked():
            tf.debugging.Assert(tf.reduce_all(x > 0.0), [x])
            return tf.sqrt(x)

        return tf.switch_case(i, [checked, lambda: x + 1.0])

    return f


@functional("case_constant_index", unfrozen=True, lowered=False, says="a constant index of Case; the branches not taken draw random numbers", x=fed("float", [None, 3], normal(2, 3), normal(1, 3)))
def _(rng):
    def f(x):
        noisy = lambda: tf.random.uniform(tf.shape(x))
        return tf.switch_case(tf.constant(1), [noisy, lambda: x + 1.0, noisy])

    return f


@functional("case_constant", lowered=False, says="a constant index", x=fed("float", [None, 3], normal(2, 3), normal(1, 3)))
def _(rng):
    i = tf.Variable(1)

    def f(x):
        return tf.switch_case(tf.identity(i), [lambda: tf.random.uniform(tf.shape(x)), lambda: x + 1.0, lambda: x])

    return f


@functional("case_while_case", unfrozen=True, lowered=False, says="a loop in a branch, a branch in its body, nested calls of functions", i=fed("int32", [], 0, 1), n=fed("int32", [], 5, 3))
def _(rng):
    @tf.function
    def step(k, s):
        return tf.switch_case(k % 2, [lambda: s + k, lambda: s * 2])

    def f(i, n):
        def loop():
            return tf.while_loop(lambda k, s: k < n, lambda k, s: (k + 1, step(k, s)), (0, 1))[1]

        return tf.switch_case(i, [loop, lambda: n * 100])

    return f


@functional("while_twice", "two loops after each other, and a third beside them; the body of the first two is alike", x=fed("float", [None, 2], normal(2, 2), normal(1, 2)))
def _(rng):
    w = tf.constant(matrix(rng, 2, 2))

    def f(x):
        def loop(x, n):
            return tf.while_loop(lambda i, x: i < n, lambda i, x: (i + 1, tf.tanh(x @ w)), (0, x))[1]

        return loop(loop(x, 2) + 1.0, 3), loop(x, 1)

    return f


@functional("while_dense_int8", "a network around the loop and in it: quantized layers with scales per channel", x=fed("float", [None, 6], normal(2, 6), normal(4, 6)))
def _(rng):
    first, inner, last = dense_int8(rng, 6, 8), dense_int8(rng, 8, 8), dense_int8(rng, 8, 4)

    def f(x):
        h = tf.while_loop(lambda i, h: i < 2, lambda i, h: (i + 1, inner(h) + h), (0, tf.nn.relu(first(x))))[1]
        return tf.nn.softmax(last(h))

    return f
