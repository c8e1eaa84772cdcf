"""TensorArrayV3 in frames, as TensorFlow 1 writes it, map_fn, scan, dynamic_rnn and static_rnn."""

import tensorflow as tf
from case import integers, normal
from flow import fed, frames, v1
from parts import BasicCell, GRUCell, LSTMCell, matrix, requantized_product

raw = tf.raw_ops
FLOAT = tf.float32


def loop(condition, body, state, **options):
    return v1.while_loop(condition, body, state, **options)


@frames("array_read_write", "unstack (Scatter), Read, Write, stack (Size, Gather)", x=fed("float", [None, 3], normal(4, 3), normal(1, 3)))
def _(rng, x):
    n = tf.shape(x)[0]
    source = tf.TensorArray(FLOAT, n).unstack(x)
    body = lambda i, s, out: (i + 1, s + source.read(i), out.write(n - 1 - i, s))
    _, s, out = loop(lambda i, *_: i < n, body, (0, tf.zeros([3]), tf.TensorArray(FLOAT, n)))
    return s, out.stack(), out.size()


@frames("array_empty", "no element, as no row is given", x=fed("float", [None, 3], normal(0, 3), normal(2, 3)))
def _(rng, x):
    n = tf.shape(x)[0]
    out = tf.TensorArray(FLOAT, n, element_shape=[3])
    return [loop(lambda i, _: i < n, lambda i, out: (i + 1, out.write(i, x[i] * 2.0)), (0, out))[1].stack()]


@frames("array_grows", "dynamic_size: Write beyond the end resizes", n=fed("int32", [], 4, 1))
def _(rng, n):
    out = tf.TensorArray(tf.int32, 0, dynamic_size=True)
    out = loop(lambda i, _: i < n, lambda i, out: (i + 1, out.write(i, i * i)), (0, out))[1]
    return out.stack(), out.size()


@frames("array_concat", "Concat, with its lengths; for 4 the elements have unlike lengths", fails={0: ("run", "elements of a list have one shape")}, n=fed("int32", [], 4, 2))
def _(rng, n):
    out = tf.TensorArray(FLOAT, n, infer_shape=False, clear_after_read=False)
    out = loop(lambda i, _: i < n, lambda i, out: (i + 1, out.write(i, tf.fill([tf.where(n < 4, 2, i + 1), 2], tf.cast(i, FLOAT)))), (0, out))[1]
    lengths = raw.TensorArrayConcatV3(handle=out.handle, flow_in=out.flow, dtype=FLOAT).lengths
    return out.concat(), lengths


@frames("array_split", "Split by lengths that are fed, Read in a frame; unlike ones in the first run", fails={0: ("run", "elements of a list have one shape")}, x=fed("float", [6, 2], normal(6, 2), normal(6, 2)), lengths=fed("int32", [3], [1, 3, 2], [2, 2, 2]))
def _(rng, x, lengths):
    parts = tf.TensorArray(FLOAT, 3, infer_shape=False).split(x, tf.cast(lengths, tf.int64))
    body = lambda i, s: (i + 1, s * 2.0 + tf.reduce_sum(tf.ensure_shape(parts.read(i), [None, 2]), 0))
    return loop(lambda i, _: i < 3, body, (0, tf.zeros([2])))


@frames("array_gather", "Gather in an order that is fed, with a repetition; Scatter to places", x=fed("float", [None, 2], normal(5, 2), normal(3, 2)), order=fed("int32", [None], [4, 0, 0, 2], [1]))
def _(rng, x, order):
    source = tf.TensorArray(FLOAT, tf.shape(x)[0], clear_after_read=False).unstack(x)
    back = tf.TensorArray(FLOAT, tf.shape(x)[0]).scatter(tf.reverse(tf.range(tf.shape(x)[0]), [0]), x)
    return source.gather(order), back.stack()


@frames("array_without_loop", "Write and Read of constants' indices, no frame", x=fed("float", [2], normal(2), normal(2)))
def _(rng, x):
    a = tf.TensorArray(FLOAT, 3, clear_after_read=False, element_shape=[2]).write(0, x).write(2, x * 2.0)
    return a.read(2) + a.read(0), a.read(1)


@frames("array_cond", "a Write in a branch", x=fed("float", [3, 2], normal(3, 2), normal(3, 2)), first=fed("bool", [], True, False))
def _(rng, x, first):
    a = tf.TensorArray(FLOAT, 4, element_shape=[2]).scatter([0, 1, 2], x)
    flow = v1.cond(first, lambda: a.write(3, x[0]).flow, lambda: a.write(3, x[2] * 5.0).flow)
    return [raw.TensorArrayGatherV3(handle=a.handle, indices=tf.range(4), flow_in=flow, dtype=FLOAT, element_shape=[2])]


@frames("array_nested", "an inner frame writes, the outer reads what it wrote", n=fed("int32", [], 3, 1))
def _(rng, n):
    def outer(i, out):
        return i + 1, loop(lambda j, _: j < n, lambda j, out: (j + 1, out.write(i * n + j, i * 10 + j)), (0, out))[1]

    return [loop(lambda i, _: i < n, outer, (0, tf.TensorArray(tf.int32, n * n)))[1].stack()]


@frames("array_within_frame", "an array is made, written and stacked within an iteration", n=fed("int32", [], 3, 1))
def _(rng, n):
    def outer(i, s):
        out = loop(lambda j, _: j <= i, lambda j, out: (j + 1, out.write(j, j * 2)), (0, tf.TensorArray(tf.int32, i + 1)))[1]
        return i + 1, s + tf.reduce_sum(out.stack())

    return loop(lambda i, _: i < n, outer, (0, 0))


@frames("map_fn_frames", "tf.map_fn: a condition of two Less, two counters", x=fed("float", [None, 4], normal(3, 4), normal(6, 4)))
def _(rng, x):
    w = tf.constant(matrix(rng, 4, 3))
    return [tf.map_fn(lambda row: tf.nn.softmax(tf.squeeze(tf.matmul(row[tf.newaxis], w), 0)), x)]


@frames("map_fn_two_frames", "map_fn of two tensors with results of two types", x=fed("float", [None, 4], normal(3, 4), normal(0, 4)), k=fed("int32", [None], [1, 0, 3], []))
def _(rng, x, k):
    return tf.map_fn(lambda e: (e[0][e[1]] * 2.0, e[1] + tf.cast(tf.argmax(e[0]), tf.int32)), (x, k), dtype=(FLOAT, tf.int32))


@frames("map_fn_int8_frames", "a map whose body is INT8", x=fed("float", [None, 3, 8], normal(3, 3, 8), normal(1, 3, 8)))
def _(rng, x):
    w, b = integers(8, 8, low=-60, high=60)(rng), matrix(rng, 8)
    return [tf.map_fn(lambda row: requantized_product(row, w, b), x)]


@frames("map_fn_cond_frames", "a conditional for each element of a map", x=fed("float", [None, 2], [[1, 2], [-3, 1], [0, 0]], [[5, 5]]))
def _(rng, x):
    return [tf.map_fn(lambda row: v1.cond(tf.reduce_sum(row) > 0.0, lambda: row * 10.0, lambda: tf.abs(row)), x)]


@frames("scan_frames", "tf.scan", x=fed("float", [None, 3], normal(4, 3), normal(1, 3)))
def _(rng, x):
    w = tf.constant(matrix(rng, 3, 3))
    return [tf.scan(lambda s, e: tf.tanh(tf.squeeze(tf.matmul(s[tf.newaxis], w), 0) + e), x, initializer=tf.zeros([3]))]


@frames("dynamic_rnn", "dynamic_rnn with sequence_length: conditionals and masks in the frame", x=fed("float", [None, None, 4], normal(3, 5, 4), normal(1, 2, 4)), lengths=fed("int32", [None], [5, 2, 3], [1]))
def _(rng, x, lengths):
    outputs, state = v1.nn.dynamic_rnn(BasicCell(rng, 6), x, sequence_length=lengths, dtype=FLOAT)
    return outputs, state


@frames("dynamic_rnn_lstm", "a classifier: embedding, dynamic_rnn of an LSTM cell, the last output", ids=fed("int32", [None, None], integers(2, 7, low=0, high=19), integers(4, 3, low=0, high=19)))
def _(rng, ids):
    table = v1.get_variable("embedding", initializer=matrix(rng, 20, 6, scale=1.0), use_resource=False)
    outputs, (c, h) = v1.nn.dynamic_rnn(LSTMCell(rng, 8), tf.nn.embedding_lookup(table, ids), dtype=FLOAT)
    logits = tf.matmul(h, tf.constant(matrix(rng, 8, 3)))
    return tf.nn.softmax(logits), outputs, tf.argmax(logits, 1)


@frames("dynamic_rnn_lstm_int8", "a classifier whose cell multiplies in INT8: QuantizeV2 and QuantizedMatMulWithBias in the frame", ids=fed("int32", [None, None], integers(2, 7, low=0, high=19), integers(4, 3, low=0, high=19)))
def _(rng, ids):
    table = v1.get_variable("embedding", initializer=matrix(rng, 20, 6, scale=1.0), use_resource=False)
    outputs, (c, h) = v1.nn.dynamic_rnn(LSTMCell(rng, 8, int8=True), tf.nn.embedding_lookup(table, ids), dtype=FLOAT)
    logits = tf.matmul(h, tf.constant(matrix(rng, 8, 3)))
    return tf.nn.softmax(logits), outputs


@frames("dynamic_rnn_gru", "a classifier of a GRU cell with sequence_length, FakeQuant around it", x=fed("float", [None, None, 5], normal(2, 6, 5), normal(3, 2, 5)), lengths=fed("int32", [None], [6, 1], [2, 2, 0]))
def _(rng, x, lengths):
    x = tf.quantization.fake_quant_with_min_max_args(x, -3.0, 3.0)
    outputs, h = v1.nn.dynamic_rnn(GRUCell(rng, 6), x, sequence_length=lengths, dtype=FLOAT)
    h = tf.quantization.fake_quant_with_min_max_args(h, -1.0, 1.0)
    return tf.nn.softmax(tf.matmul(h, tf.constant(matrix(rng, 6, 3)))), outputs


@frames("dynamic_rnn_time_major", "time_major, an initial state that is fed, swap_memory", x=fed("float", [None, None, 4], normal(5, 2, 4), normal(2, 1, 4)), state=fed("float", [None, 6], normal(2, 6), normal(1, 6)))
def _(rng, x, state):
    return v1.nn.dynamic_rnn(BasicCell(rng, 6), x, initial_state=state, time_major=True, swap_memory=True)


@frames("bidirectional_dynamic_rnn", "two frames, one over ReverseSequence", x=fed("float", [None, None, 4], normal(3, 4, 4), normal(1, 2, 4)), lengths=fed("int32", [None], [4, 2, 3], [2]))
def _(rng, x, lengths):
    (forward, backward), _ = v1.nn.bidirectional_dynamic_rnn(GRUCell(rng, 5), GRUCell(rng, 5), x, sequence_length=lengths, dtype=FLOAT)
    return [tf.concat([forward, backward], 2)]


@frames("static_rnn", "static_rnn with sequence_length: conditionals for each step, no frame", x=fed("float", [None, 3, 4], normal(2, 3, 4), normal(3, 3, 4)), lengths=fed("int32", [None], [3, 1], [1, 1, 2]))
def _(rng, x, lengths):
    outputs, (c, h) = v1.nn.static_rnn(LSTMCell(rng, 5), tf.unstack(x, axis=1), sequence_length=lengths, dtype=FLOAT)
    return tf.stack(outputs, 1), h


@frames("raw_rnn", "raw_rnn: finished rows by a mask, emitted values", x=fed("float", [None, None, 4], normal(4, 2, 4), normal(2, 3, 4)), lengths=fed("int32", [None], [4, 2], [1, 2, 2]))
def _(rng, x, lengths):
    cell = BasicCell(rng, 6)
    source = tf.TensorArray(FLOAT, tf.shape(x)[0]).unstack(x)

    def step(time, output, state, held):
        following = cell.zero_state(tf.shape(x)[1], FLOAT) if output is None else state
        finished = time >= lengths
        value = v1.cond(tf.reduce_all(finished), lambda: tf.zeros([tf.shape(x)[1], 4]), lambda: source.read(time))
        value.set_shape([None, 4])
        return finished, value, following, output, None

    outputs, state, _ = v1.nn.raw_rnn(cell, step)
    return outputs.stack(), state
