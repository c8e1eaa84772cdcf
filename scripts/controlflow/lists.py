"""TensorList: the TensorArrays of TensorFlow 2, map_fn, scan, and its ops by themselves."""

import tensorflow as tf
from case import integers, normal, uniform
from flow import fed, functional
from parts import matrix, qint8, requantized_product

raw = tf.raw_ops
FLOAT, VARIANT = tf.float32, tf.variant


@functional("list_array", unfrozen=True, says="TensorArray: unstack, read, write, stack", x=fed("float", [None, 3], normal(4, 3), normal(1, 3)))
def _(rng):
    def f(x):
        n = tf.shape(x)[0]
        source = tf.TensorArray(FLOAT, n).unstack(x)
        body = lambda i, s, out: (i + 1, s + source.read(i), out.write(n - 1 - i, s))
        _, s, out = tf.while_loop(lambda i, *_: i < n, body, (0, tf.zeros([3]), tf.TensorArray(FLOAT, n, element_shape=[3])))
        return s, out.stack()

    return f


@functional("list_array_empty", "no element, as no row is given: the stack is [0, 3]", x=fed("float", [None, 3], normal(0, 3), normal(2, 3)))
def _(rng):
    def f(x):
        n = tf.shape(x)[0]
        body = lambda i, out: (i + 1, out.write(i, x[i] * 2.0))
        return tf.while_loop(lambda i, _: i < n, body, (0, tf.TensorArray(FLOAT, n, element_shape=[3])))[1].stack()

    return f


@functional("list_array_unwritten", "elements that nobody wrote are zeros when they are read and stacked", n=fed("int32", [], 5, 2))
def _(rng):
    def f(n):
        body = lambda i, out: (i + 2, out.write(i, tf.fill([2], tf.cast(i + 1, FLOAT))))
        out = tf.while_loop(lambda i, _: i < n, body, (0, tf.TensorArray(FLOAT, n, element_shape=[2])))[1]
        return out.stack(), out.read(1)

    return f


@functional("list_array_grows", "dynamic_size: TensorListSetItem beyond the end resizes", n=fed("int32", [], 4, 1))
def _(rng):
    def f(n):
        out = tf.TensorArray(tf.int32, 0, dynamic_size=True, element_shape=[])
        out = tf.while_loop(lambda i, _: i < n, lambda i, out: (i + 1, out.write(i, i * i)), (0, out))[1]
        return out.stack(), out.size()

    return f


@functional("list_array_shape_unknown", "elements of an unknown shape: concat; gather of some; for 4 of unlike lengths", fails={0: ("run", "elements of a list have one shape")}, n=fed("int32", [], 4, 2))
def _(rng):
    def f(n):
        out = tf.TensorArray(FLOAT, n, infer_shape=False, element_shape=[None, 2])
        body = lambda i, out: (i + 1, out.write(i, tf.fill([tf.where(n < 4, 2, i + 1), 2], tf.cast(i, FLOAT))))
        out = tf.while_loop(lambda i, _: i < n, body, (0, out))[1]
        return out.concat(), out.read(1)

    return f


@functional("list_array_gather", lowered=False, says="gather in an order that is fed, with a repetition; scatter", x=fed("float", [None, 2], normal(5, 2), normal(3, 2)), order=fed("int32", [None], [4, 0, 0, 2], [1]))
def _(rng):
    def f(x, order):
        source = tf.TensorArray(FLOAT, tf.shape(x)[0], clear_after_read=False).unstack(x)
        back = tf.TensorArray(FLOAT, 6, element_shape=[2]).scatter(tf.range(tf.shape(x)[0]) + 1, x)
        return source.gather(order), back.stack()

    return f


@functional("list_array_split", "split by lengths that are fed; unlike ones in the first run", fails={0: ("run", "elements of a list have one shape")}, x=fed("float", [6, 2], normal(6, 2), normal(6, 2)), lengths=fed("int32", [3], [1, 3, 2], [2, 2, 2]))
def _(rng):
    def f(x, lengths):
        parts = tf.TensorArray(FLOAT, 3, infer_shape=False, element_shape=[None, 2], clear_after_read=False).split(x, lengths)
        sums = tf.TensorArray(FLOAT, 3, element_shape=[2])
        sums = tf.while_loop(lambda i, _: i < 3, lambda i, s: (i + 1, s.write(i, tf.reduce_sum(parts.read(i), 0))), (0, sums))[1]
        return sums.stack(), parts.concat()

    return f


@functional("list_push_pop", lowered=False, says="EmptyTensorList, PushBack in a loop, PopBack in the next: the reverse", x=fed("float", [None, 2], normal(4, 2), normal(1, 2)))
def _(rng):
    def f(x):
        n = tf.shape(x)[0]
        held = raw.EmptyTensorList(element_shape=tf.constant([2]), max_num_elements=-1, element_dtype=FLOAT)
        _, held = tf.while_loop(lambda i, _: i < n, lambda i, h: (i + 1, raw.TensorListPushBack(input_handle=h, tensor=x[i] + 1.0)), (0, held))

        def pop(h, s):
            h, last = raw.TensorListPopBack(input_handle=h, element_shape=tf.constant([2]), element_dtype=FLOAT)
            return h, tf.concat([s, last[tf.newaxis]], 0)

        more = lambda h, s: raw.TensorListLength(input_handle=h) > 0
        return tf.while_loop(more, pop, (held, tf.zeros([0, 2])), shape_invariants=(tf.TensorShape(None), tf.TensorShape([None, 2])))[1], n

    return f


@functional("list_values", "lists are values: a list that is written twice from the same one gives two lists", x=fed("float", [3, 2], normal(3, 2), normal(3, 2)))
def _(rng):
    def f(x):
        first = raw.TensorListFromTensor(tensor=x, element_shape=tf.constant([2]))
        a = raw.TensorListSetItem(input_handle=first, index=0, item=tf.zeros([2]))
        b = raw.TensorListSetItem(input_handle=first, index=2, item=tf.ones([2]))
        stack = lambda h: raw.TensorListStack(input_handle=h, element_shape=tf.constant([2]), element_dtype=FLOAT, num_elements=3)
        return stack(first), stack(a), stack(b), raw.TensorListGetItem(input_handle=b, index=2, element_shape=tf.constant([2]), element_dtype=FLOAT)

    return f


@functional("list_ops", "Resize, Gather, ConcatV2, ElementShape, Scatter, Split by themselves", x=fed("float", [4, 2], normal(4, 2), normal(4, 2)))
def _(rng):
    def f(x):
        shape = tf.constant([2])
        held = raw.TensorListFromTensor(tensor=x, element_shape=shape)
        longer = raw.TensorListResize(input_handle=held, size=6)
        some = raw.TensorListGather(input_handle=longer, indices=tf.constant([3, 5, 0]), element_shape=shape, element_dtype=FLOAT)
        parts = raw.TensorListSplit(tensor=x, element_shape=tf.constant([-1, 2]), lengths=tf.constant([2, 2], tf.int64))
        joined, lengths = raw.TensorListConcatV2(input_handle=parts, element_shape=tf.constant([-1, 2]), leading_dims=tf.constant([], tf.int64), element_dtype=FLOAT)
        scattered = raw.TensorListScatterV2(tensor=x, indices=tf.constant([2, 0, 1, 4]), element_shape=shape, num_elements=-1)
        stacked = raw.TensorListStack(input_handle=scattered, element_shape=shape, element_dtype=FLOAT)
        return some, joined, lengths, stacked, raw.TensorListElementShape(input_handle=held, shape_type=tf.int32), raw.TensorListLength(input_handle=longer)

    return f


@functional("list_stack_shape_unknown", "an element shape of -1 (a scalar): unknown rank, until the stack", x=fed("float", [None, None], normal(3, 2), normal(2, 4)))
def _(rng):
    def f(x):
        n = tf.shape(x)[0]
        held = raw.TensorListReserve(element_shape=tf.constant(-1), num_elements=n, element_dtype=FLOAT)
        body = lambda i, h: (i + 1, raw.TensorListSetItem(input_handle=h, index=i, item=tf.exp(x[i])))
        _, held = tf.while_loop(lambda i, _: i < n, body, (0, held))
        return raw.TensorListStack(input_handle=held, element_shape=tf.constant(-1), element_dtype=FLOAT, num_elements=-1)

    return f


@functional("list_if", "branches give lists", x=fed("float", [3, 2], normal(3, 2), normal(3, 2)), first=fed("bool", [], True, False))
def _(rng):
    def f(x, first):
        a = raw.TensorListFromTensor(tensor=x, element_shape=tf.constant([2]))
        b = tf.cond(first, lambda: raw.TensorListSetItem(input_handle=a, index=1, item=tf.zeros([2])), lambda: a)
        return raw.TensorListStack(input_handle=b, element_shape=tf.constant([2]), element_dtype=FLOAT)

    return f


@functional("list_nested_loops", lowered=False, says="a list is written by an inner loop, read by the outer", n=fed("int32", [], 3, 1))
def _(rng):
    def f(n):
        def outer(i, out):
            inner = lambda j, out: (j + 1, out.write(i * n + j, i * 10 + j))
            return i + 1, tf.while_loop(lambda j, _: j < n, inner, (0, out))[1]

        out = tf.while_loop(lambda i, _: i < n, outer, (0, tf.TensorArray(tf.int32, n * n, element_shape=[])))[1]
        return out.stack()

    return f


@functional("list_types", lowered=False, says="lists of booleans, bytes and 64-bit integers", x=fed("int32", [None], integers(5), integers(2)))
def _(rng):
    def f(x):
        n = tf.size(x)
        arrays = [tf.TensorArray(t, n, element_shape=[]) for t in (tf.bool, tf.int8, tf.int64)]
        body = lambda i, b, c, d: (i + 1, b.write(i, x[i] > 0), c.write(i, tf.cast(x[i], tf.int8)), d.write(i, tf.cast(x[i], tf.int64) * 2**33))
        return [a.stack() for a in tf.while_loop(lambda i, *_: i < n, body, (0, *arrays))[1:]]

    return f


@functional("map_fn", "tf.map_fn: an element's result does not depend on the others", x=fed("float", [None, 4], normal(3, 4), normal(6, 4)))
def _(rng):
    w = tf.constant(matrix(rng, 4, 3))
    return lambda x: tf.map_fn(lambda row: tf.nn.softmax(tf.linalg.matvec(w, row, transpose_a=True)), x)


@functional("map_fn_two", lowered=False, says="map_fn of two tensors with results of two types", x=fed("float", [None, 4], normal(3, 4), normal(0, 4)), k=fed("int32", [None], [1, 0, 3], []))
def _(rng):
    def f(x, k):
        signature = (tf.TensorSpec([], FLOAT), tf.TensorSpec([], tf.int32))
        return tf.map_fn(lambda e: (e[0][e[1]] * 2.0, e[1] + tf.cast(tf.argmax(e[0]), tf.int32)), (x, k), fn_output_signature=signature)

    return f


@functional("map_fn_resize", unfrozen=True, says="images one by one: resize, normalize", images=fed("uint8", [None, None, None, 3], integers(2, 9, 7, 3, low=0, high=255), integers(3, 4, 12, 3, low=0, high=255)))
def _(rng):
    def f(images):
        def one(image):
            resized = tf.image.resize(tf.cast(image, FLOAT), [8, 8])
            return (resized - 127.5) * (2.0 / 255.0)

        return tf.map_fn(one, images, fn_output_signature=tf.TensorSpec([8, 8, 3], FLOAT))

    return f


@functional("map_fn_int8", "a map over a batch whose body is INT8: a quantized convolution, a quantized product", oracle="lowered.pb", images=fed("float", [None, 6, 6, 4], uniform(3, 6, 6, 4), uniform(1, 6, 6, 4)))
def _(rng):
    w, b = integers(3, 3, 4, 4, low=-60, high=60)(rng), matrix(rng, 4)
    u, c = integers(4, 8, low=-60, high=60)(rng), matrix(rng, 8)

    def f(images):
        def one(image):
            q, low, high = raw.QuantizeV2(input=image[tf.newaxis], min_range=0.0, max_range=1.0, T=tf.quint8, mode="SCALED")
            q, low, high = raw.QuantizedConv2DWithBiasAndReluAndRequantize(
                input=q, filter=qint8(w), bias=b, min_input=low, max_input=high, min_filter=tf.fill([4], -0.3), max_filter=tf.fill([4], 0.3),
                min_freezed_output=0.0, max_freezed_output=2.0, out_type=tf.quint8, strides=[1, 2, 2, 1], padding="SAME",
            )
            x = raw.Dequantize(input=q, min_range=low, max_range=high, mode="SCALED")
            return requantized_product(tf.reduce_mean(x, [1, 2]), u, c)[0]

        return tf.map_fn(one, images)

    return f


@functional("map_fn_nested", lowered=False, says="map_fn in map_fn", x=fed("float", [None, None], normal(2, 3), normal(3, 1)))
def _(rng):
    return lambda x: tf.map_fn(lambda row: tf.map_fn(lambda v: v * v + row[0], row), x)


@functional("scan", lowered=False, says="tf.scan: every state is kept, the next depends on the last", x=fed("float", [None, 3], normal(4, 3), normal(1, 3)))
def _(rng):
    w = tf.constant(matrix(rng, 3, 3))
    return lambda x: tf.scan(lambda s, e: tf.tanh(tf.linalg.matvec(w, s) + e), x, initializer=tf.zeros([3]))


@functional("foldr", "tf.foldr: from the last element to the first", x=fed("float", [None, 3], normal(4, 3), normal(1, 3)))
def _(rng):
    return lambda x: tf.foldr(lambda s, e: s * 0.5 + e, x)


@functional("greedy_decoding", lowered=False, says="a decoder writes tokens until the end token or the limit; early end leaves zeros", start=fed("int32", [None], [3, 5], [1, 2, 4]), steps=fed("int32", [], 6, 9))
def _(rng):
    words, width = 9, 6
    embedding, state, logits = (tf.constant(matrix(rng, *s, scale=1.2)) for s in ((words, width), (width, width), (width, words)))

    def f(start, steps):
        def body(i, token, hidden, done, out):
            hidden = tf.tanh(tf.gather(embedding, token) + hidden @ state)
            token = tf.where(done, 0, tf.argmax(hidden @ logits, -1, output_type=tf.int32))
            return i + 1, token, hidden, tf.logical_or(done, tf.equal(token, 0)), out.write(i, token)

        n = tf.size(start)
        out = tf.TensorArray(tf.int32, steps, element_shape=[None])
        first = (0, start, tf.zeros([n, width]), tf.zeros([n], tf.bool), out)
        i, token, hidden, done, out = tf.while_loop(lambda i, t, h, done, o: tf.logical_and(i < steps, tf.logical_not(tf.reduce_all(done))), body, first)
        return i, token, tf.transpose(out.gather(tf.range(i)))

    return f
