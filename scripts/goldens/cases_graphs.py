"""Small graphs as real models have them, with random weights: a transformer's encoder, a
detector's head, a segmentation network; and shape arithmetic of old graphs. The batch is
not known; node "op" has the outputs."""

import zlib

import numpy as np
import tensorflow as tf
from case import CASES, Case

v1 = tf.compat.v1


def graph(id, feeds, build, note=""):
    """Declares a case of the graph that build makes of placeholders."""
    rng = np.random.default_rng(zlib.crc32(id.encode()))
    g, fed = tf.Graph(), {}
    with g.as_default():
        inputs = []
        for name, (dtype, shape, draw) in feeds.items():
            array = draw(rng).astype(tf.dtypes.as_dtype(dtype).as_numpy_dtype)
            inputs.append(v1.placeholder(dtype, shape, name=name))
            fed[name + ":0"] = ({"float32": "float"}.get(dtype, dtype), array)
        tf.raw_ops.IdentityN(input=list(build(rng, *inputs)), name="op")
    definition = g.as_graph_def(add_shapes=False)
    for node in definition.node:
        for attr in ("_class", "_output_shapes"):
            node.attr.pop(attr, None)
    CASES[id] = Case(id, "Graphs", "Graph", {}, definition.SerializeToString(deterministic=True), fed, [], note=note, source="cases_graphs.py")


def weights(rng, *shape, scale=None):
    return tf.constant(rng.normal(0, scale or 1 / np.sqrt(np.prod(shape[:-1])), shape).astype(np.float32))


def layer_norm(rng, x, n):
    mean = tf.reduce_mean(x, -1, keepdims=True)
    variance = tf.reduce_mean(tf.math.squared_difference(x, tf.stop_gradient(mean)), -1, keepdims=True)
    scale = tf.math.rsqrt(variance + 1e-5) * weights(rng, n, scale=0.5)
    return x * scale + (weights(rng, n, scale=0.1) - mean * scale)


HEADS, SIZE, WIDTH = 2, 4, 8


def dense(rng, x, m, n):
    """A product of matrices, its shape computed as Keras computes it."""
    s = tf.shape(x)
    flat = tf.matmul(tf.reshape(x, [-1, m]), weights(rng, m, n))
    return tf.nn.bias_add(tf.reshape(flat, tf.stack([s[0], s[1], n])), weights(rng, n, scale=0.1))


def split_heads(x):
    s = tf.shape(x)
    return tf.transpose(tf.reshape(x, tf.stack([s[0], s[1], HEADS, SIZE])), [0, 2, 1, 3])


def encoder(rng, ids, mask):
    x = tf.gather(weights(rng, 30, WIDTH, scale=1.0), ids)
    length = tf.shape(ids)[1]
    x += tf.slice(weights(rng, 16, WIDTH, scale=0.3), [0, 0], tf.stack([length, -1]))
    x = layer_norm(rng, x, WIDTH)
    bias = (1.0 - tf.cast(mask[:, tf.newaxis, tf.newaxis, :], tf.float32)) * -10000.0
    for layer in range(2):
        q, k, v = (split_heads(dense(rng, x, WIDTH, WIDTH)) for _ in range(3))
        if layer == 0:
            scores = tf.matmul(q, k, transpose_b=True) / np.float32(np.sqrt(SIZE))
            context = tf.transpose(tf.matmul(tf.nn.softmax(scores + bias), v), [0, 2, 1, 3])
        else:
            scores = tf.einsum("bnfh,bnth->bnft", q, k) * np.float32(1 / np.sqrt(SIZE))
            context = tf.einsum("bnft,bnth->bfnh", tf.nn.softmax(scores + bias), v)
        s = tf.shape(context)
        x = layer_norm(rng, x + dense(rng, tf.reshape(context, tf.stack([s[0], s[1], WIDTH])), WIDTH, WIDTH), WIDTH)
        h = dense(rng, x, WIDTH, 16)
        if layer == 0:
            h = 0.5 * h * (1.0 + tf.math.erf(h / np.float32(np.sqrt(2))))
        else:
            h = 0.5 * h * (1.0 + tf.tanh(np.float32(np.sqrt(2 / np.pi)) * (h + 0.044715 * tf.pow(h, 3))))
        x = layer_norm(rng, x + dense(rng, h, 16, WIDTH), WIDTH)
    pooled = tf.tanh(tf.matmul(x[:, 0], weights(rng, WIDTH, WIDTH)))
    starts, ends = tf.unstack(tf.transpose(dense(rng, x, WIDTH, 2), [2, 0, 1]), 2)
    return tf.nn.log_softmax(tf.matmul(pooled, weights(rng, WIDTH, 3))), starts, ends, tf.argmax(starts, 1, output_type=tf.int32)


def tokens(rng):
    return rng.integers(0, 30, (2, 6))


graph("graph_encoder", {"ids": ("int32", [None, None], tokens), "mask": ("int32", [None, None], lambda rng: np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]]))}, encoder)


def conv(rng, x, m, n, k=3, stride=1, activation=tf.nn.relu6):
    x = tf.nn.conv2d(x, weights(rng, k, k, m, n), stride, "SAME")
    return activation(tf.nn.bias_add(x, weights(rng, n, scale=0.1)))


def detector(rng, image):
    x = image * (2.0 / 255.0) - 1.0
    x = conv(rng, x, 3, 8, stride=2)
    x = tf.nn.depthwise_conv2d(x, weights(rng, 3, 3, 8, 1, scale=0.4), [1, 1, 1, 1], "SAME")
    x, _, _ = v1.nn.fused_batch_norm(x, weights(rng, 8, scale=1.0), weights(rng, 8, scale=0.1), weights(rng, 8, scale=0.1), tf.constant(rng.uniform(0.5, 2, 8).astype(np.float32)), is_training=False)
    features = [tf.nn.relu6(x)]
    features.append(conv(rng, features[0], 8, 8, stride=2))
    boxes, scores = [], []
    for f in features:
        b = conv(rng, f, 8, 8, activation=tf.identity)
        boxes.append(tf.reshape(b, tf.stack([tf.shape(b)[0], -1, 1, 4])))
        c = conv(rng, f, 8, 6, activation=tf.identity)
        scores.append(tf.reshape(c, tf.stack([tf.shape(c)[0], -1, 3])))
    codes, scores = tf.squeeze(tf.concat(boxes, 1), [2]), tf.sigmoid(tf.concat(scores, 1))
    anchors = []
    for side in (6, 3):
        y, x = tf.meshgrid((tf.range(side, dtype=tf.float32) + 0.5) / side, (tf.range(side, dtype=tf.float32) + 0.5) / side, indexing="ij")
        for size in (1.0, 1.6):
            anchors.append(tf.stack([y, x, tf.fill(tf.shape(y), size / side), tf.fill(tf.shape(x), size / side)], -1))
    ay, ax, ah, aw = tf.unstack(tf.reshape(tf.concat([tf.reshape(tf.stack(anchors[i : i + 2], 2), [-1, 4]) for i in (0, 2)], 0), [1, -1, 4]), axis=-1)
    ty, tx, th, tw = tf.unstack(codes, axis=-1)
    cy, cx, h, w = ty / 10.0 * ah + ay, tx / 10.0 * aw + ax, tf.exp(th / 5.0) * ah, tf.exp(tw / 5.0) * aw
    decoded = tf.stack([cy - h / 2.0, cx - w / 2.0, cy + h / 2.0, cx + w / 2.0], -1)
    combined = tf.raw_ops.CombinedNonMaxSuppression(boxes=decoded[:, :, tf.newaxis], scores=scores[:, :, 1:], max_output_size_per_class=4, max_total_size=6, iou_threshold=0.4, score_threshold=0.3)
    first, best = decoded[0], tf.reduce_max(scores[0, :, 1:], 1)
    kept = tf.image.non_max_suppression(first, best, 8, 0.4, 0.45)
    chosen = tf.gather(first, kept)
    classes = tf.gather(tf.argmax(scores[0, :, 1:], 1), kept)
    above = tf.boolean_mask(first, best > 0.6)
    places = tf.where(best > 0.6)
    top, at = tf.math.top_k(best, 5)
    crops = tf.image.crop_and_resize(image, chosen, tf.zeros_like(kept), [2, 2])
    return (*combined, kept, chosen, classes, above, tf.gather_nd(best, places), top, at, tf.reduce_mean(crops, [1, 2]), tf.shape(chosen)[0])


graph("graph_detector", {"image": ("float32", [None, 12, 12, 3], lambda rng: rng.integers(0, 256, (2, 12, 12, 3)))}, detector)


def second_stage(rng, image, boxes, scores):
    """What a detector of two stages computes of the boxes that it has chosen, as Intel's tools quantize it."""
    kept = tf.image.non_max_suppression(boxes, scores, 6, 0.5, 0.2)
    crops = tf.image.crop_and_resize(image, tf.gather(boxes, kept), tf.zeros_like(kept), [8, 8])
    x, low, high = tf.raw_ops.QuantizeV2(input=crops, min_range=0.0, max_range=4.0, T=tf.quint8, mode="SCALED", round_mode="HALF_TO_EVEN", narrow_range=False, ensure_minimum_range=0.01, axis=-1)
    for channels, stride in ((16, 1), (24, 2)):
        filters = tf.constant(rng.integers(-60, 61, (3, 3, x.shape[3] or 16, channels)), tf.qint8)
        x, low, high = tf.raw_ops.QuantizedConv2DWithBiasAndReluAndRequantize(
            input=x, filter=filters, bias=weights(rng, channels, scale=0.2), min_input=low, max_input=high, min_filter=tf.constant(-0.3), max_filter=tf.constant(0.3),
            min_freezed_output=tf.constant(0.0), max_freezed_output=tf.constant(3.0), out_type=tf.quint8, strides=[1, stride, stride, 1], padding="SAME",
        )
        x.set_shape([None, None, None, channels])
    x = tf.reduce_mean(tf.raw_ops.Dequantize(input=x, min_range=low, max_range=high, mode="SCALED", narrow_range=False, axis=-1, dtype=tf.float32), [1, 2])
    x.set_shape([None, 24])
    probabilities = tf.nn.softmax(tf.matmul(x, weights(rng, 24, 5)))
    likely = tf.reshape(tf.where(probabilities[:, 0] < 0.125), [-1])
    return kept, probabilities, tf.matmul(tf.gather(x, likely), weights(rng, 24, 4))


graph(
    "graph_second_stage",
    {
        "image": ("float32", [None, 16, 16, 16], lambda rng: rng.uniform(0, 4, (1, 16, 16, 16))),
        "boxes": ("float32", [None, 4], lambda rng: np.concatenate([(c := rng.uniform(0, 0.6, (12, 2))), c + rng.uniform(0.2, 0.4, (12, 2))], 1)),
        "scores": ("float32", [None], lambda rng: rng.uniform(0, 1, 12)),
    },
    second_stage,
)


def segmentation(rng, image):
    a = conv(rng, image, 2, 4, activation=tf.nn.leaky_relu)
    b = conv(rng, tf.nn.max_pool2d(a, 2, 2, "VALID"), 4, 6, activation=tf.nn.elu)
    c = conv(rng, tf.nn.avg_pool2d(b, 2, 2, "SAME"), 6, 6, activation=tf.nn.relu)
    s = tf.shape(b)
    up = tf.nn.conv2d_transpose(c, weights(rng, 2, 2, 6, 6), tf.stack([s[0], s[1], s[2], 6]), 2, "SAME")
    d = conv(rng, tf.concat([b, tf.nn.relu(up)], 3), 12, 4)
    batched = tf.space_to_batch(d, [2, 2], [[2, 2], [2, 2]])
    dilated = tf.batch_to_space(tf.nn.conv2d(batched, weights(rng, 3, 3, 4, 4), 1, "VALID"), [2, 2], [[0, 0], [0, 0]])
    bilinear = v1.image.resize_bilinear(dilated, tf.shape(a)[1:3], align_corners=True)
    nearest = v1.image.resize_nearest_neighbor(d, tf.shape(a)[1:3])
    e = conv(rng, tf.concat([a, bilinear, nearest], -1), 12, 4, k=1)
    pooled = tf.reduce_mean(e, [1, 2], keepdims=True)
    e *= tf.sigmoid(v1.image.resize_bilinear(pooled, tf.shape(e)[1:3]))
    padded = tf.pad(e, [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT")
    mean, variance = tf.nn.moments(padded, [1, 2], keepdims=True)
    logits = conv(rng, (padded - mean) * tf.math.rsqrt(variance + 1e-3), 4, 8, k=1, activation=tf.identity)
    wide = tf.nn.depth_to_space(logits, 2)
    return tf.nn.softmax(wide), tf.nn.softplus(tf.reduce_max(logits, [1, 2]))


graph("graph_segmentation", {"image": ("float32", [None, None, None, 2], lambda rng: rng.normal(0, 1, (2, 8, 12, 2)))}, segmentation)


def arithmetic(rng, x):
    """Attributes that old graphs compute: permutations by Rank and Range, axes, paddings."""
    rank = tf.rank(x)
    turned = tf.raw_ops.Transpose(x=x, perm=(rank - 1) - tf.range(0, rank, 1))
    axes = tf.range(1, rank)
    n = tf.size(x, out_type=tf.int32) // tf.shape(x)[0]
    flat = tf.reshape(x, tf.stack([-1, n]))
    half = tf.cast(tf.cast(tf.shape(x)[1:3], tf.float32) * 0.5, tf.int32)
    resized = v1.image.resize_bilinear(x, half)
    tiled = tf.tile(x, tf.concat([[1], tf.ones([rank - 2], tf.int32), [2]], 0))
    filled = tf.fill(tf.shape(x)[:2], 0.5) + x[:, :, 0, 0]
    one_hot = tf.one_hot(tf.argmax(flat, 1), n)
    return turned, tf.reduce_sum(x, axes), flat, resized, tiled, filled, one_hot, tf.broadcast_to(tf.reduce_mean(x, [1, 2], keepdims=True), tf.shape(x)), tf.cumsum(x, rank - 1), tf.zeros_like(x)[..., :1]


graph("graph_shape_arithmetic", {"x": ("float32", [None, 4, 6, 2], lambda rng: rng.normal(0, 1, (3, 4, 6, 2)))}, arithmetic)


def conditional(rng, x):
    """Dropout and a nested conditional of a graph for training and inference, frozen."""
    learning = v1.placeholder_with_default(False, [], name="learning_phase")
    x = tf.nn.bias_add(tf.matmul(x, weights(rng, 6, 5)), weights(rng, 5, scale=0.1))

    def inner():
        return v1.cond(tf.logical_not(learning), lambda: tf.nn.relu(x) + 1.0, lambda: tf.nn.dropout(x, 0.3))

    def training():
        return tf.nn.dropout(tf.nn.relu(x), 0.5)

    x = v1.cond(learning, training, inner)
    x = v1.cond(tf.logical_not(learning), lambda: tf.matmul(x, weights(rng, 5, 4)), lambda: tf.zeros([2, 4]))
    return (tf.nn.softmax(x),)


v1.disable_control_flow_v2()
graph("graph_conditional", {"x": ("float32", [None, 6], lambda rng: rng.normal(0, 1, (2, 6)))}, conditional)


def sparse_of(rng, name, rows=5, most=4, words=40):
    """The indices, values and shape of a sparse tensor in which each row has some words; that of row 3 is empty."""
    lengths = rng.integers(1, most + 1, rows)
    lengths[3] = 0
    row = np.repeat(np.arange(rows), lengths)
    column = np.concatenate([np.arange(n) for n in lengths])
    return np.stack([row, column], 1), rng.integers(0, words, len(row)), np.array([rows, most])


def sparse_feeds(name, **more):
    """Placeholders of a sparse tensor, whose parts are drawn alike."""
    def part(i):
        return lambda rng: sparse_of(np.random.default_rng(zlib.crc32(name.encode())), name, **more)[i]

    return {
        f"{name}_indices": ("int64", [None, 2], part(0)), f"{name}_values": ("int64", [None], part(1)), f"{name}_shape": ("int64", [2], part(2)),
    }


def wide_and_deep(rng, *inputs):
    """Embeddings of words in front of a quantized tower, beside a sum of weights of words."""
    numbers, parts = inputs[0], inputs[1:]
    users, items, tags = (tf.SparseTensor(*parts[i : i + 3]) for i in (0, 3, 6))
    deep = tf.concat([
        numbers,
        tf.nn.safe_embedding_lookup_sparse([weights(rng, 40, 16, scale=1.0)], users, combiner="mean"),
        tf.nn.safe_embedding_lookup_sparse(weights(rng, 40, 8, scale=1.0), items, combiner="sqrtn", default_id=7),
    ], 1)
    filled = tf.sparse.fill_empty_rows(tags, 0)[0]
    wide = tf.nn.embedding_lookup_sparse(weights(rng, 40, 1, scale=0.3), filled, None, combiner="sum")
    quantized, low, high = tf.raw_ops.QuantizeV2(input=deep, min_range=-3.0, max_range=3.0, T=tf.quint8, mode="MIN_FIRST")
    b = tf.constant(rng.integers(-63, 64, (28, 12)).astype(np.int8))
    product, low, high = tf.raw_ops.QuantizedMatMulWithBiasAndReluAndRequantize(
        a=quantized, b=tf.bitcast(b, tf.qint8), bias=weights(rng, 12, scale=0.2), min_a=low, max_a=high, min_b=-0.5, max_b=0.5, min_freezed_output=0.0,
        max_freezed_output=4.0, Toutput=tf.quint8, input_quant_mode="MIN_FIRST")
    hidden = tf.raw_ops.Dequantize(input=product, min_range=low, max_range=high, mode="SCALED")
    logits = tf.matmul(hidden, weights(rng, 12, 1)) + wide
    return tf.sigmoid(logits), deep, product, wide


graph(
    "graph_wide_and_deep", {
        "numbers": ("float32", [None, 4], lambda rng: rng.normal(0, 1, (5, 4))), **sparse_feeds("users"), **sparse_feeds("items"), **sparse_feeds("tags"),
    }, wide_and_deep,
)


def wave(samples, channels=None):
    """Draws a sound: three tones and noise."""

    def draw(rng):
        t = np.arange(samples) / 16000
        x = sum(a * np.sin(2 * np.pi * f * t) for a, f in [(0.3, 440), (0.2, 1210), (0.1, 3300)]) + rng.normal(0, 0.02, samples)
        return x if channels is None else np.stack([x] * channels, -1)

    return draw


def quantized_conv(rng, x, m, n):
    """An INT8 convolution with the nodes that quantize it."""
    r = tf.raw_ops
    q, low, high = r.QuantizeV2(input=x, min_range=-30.0, max_range=30.0, T=tf.quint8, mode="MIN_FIRST")
    filters = rng.normal(0, 1 / np.sqrt(9 * m), (3, 3, m, n)).astype(np.float32)
    w, w_low, w_high = r.QuantizeV2(input=filters, min_range=-1.0, max_range=1.0, T=tf.quint8, mode="MIN_FIRST")
    y, y_low, y_high = r.QuantizedConv2D(input=q, filter=w, min_input=low, max_input=high, min_filter=w_low, max_filter=w_high, strides=[1, 1, 1, 1], padding="SAME")
    low, high = r.RequantizationRange(input=y, input_min=y_low, input_max=y_high)
    y, low, high = r.Requantize(input=y, input_min=y_low, input_max=y_high, requested_output_min=low, requested_output_max=high, out_type=tf.quint8)
    y, low, high = r.QuantizedRelu(features=y, min_features=low, max_features=high)
    return q, y, r.Dequantize(input=y, min_range=low, max_range=high, mode="MIN_FIRST")


def speech_commands(rng, audio):
    """The audio recognition model of TensorFlow's examples, its convolution quantized."""
    r = tf.raw_ops
    file = r.EncodeWav(audio=audio, sample_rate=16000)
    samples, rate = r.DecodeWav(contents=file, desired_channels=1, desired_samples=4400)
    spectrogram = r.AudioSpectrogram(input=samples, window_size=480, stride=320, magnitude_squared=True)
    fingerprint = r.Mfcc(spectrogram=spectrogram, sample_rate=rate, dct_coefficient_count=20)
    x = tf.reshape(fingerprint, [-1, 13, 20, 1])
    q, y, x = quantized_conv(rng, x, 1, 8)
    x = tf.nn.max_pool2d(x, 2, 2, "SAME")
    logits = tf.matmul(tf.reshape(x, [-1, 7 * 10 * 8]), weights(rng, 560, 4))
    return samples, spectrogram, fingerprint, tf.cast(q, tf.float32), tf.cast(y, tf.float32), tf.nn.softmax(logits)


def yamnet(rng, waveform):
    """YAMNet's front end, and a block of it."""
    spectrum = tf.signal.stft(waveform, frame_length=400, frame_step=160, fft_length=512, pad_end=True)
    mel = tf.signal.linear_to_mel_weight_matrix(32, 257, 16000, 125.0, 7500.0)
    logs = tf.math.log(tf.matmul(tf.abs(spectrum), mel) + 0.001)
    x = conv(rng, logs[tf.newaxis, :, :, tf.newaxis], 1, 8, stride=2)
    return tf.abs(spectrum), logs, x


def cepstrum(rng, waveforms):
    """tf.signal's cepstral coefficients, whose cosine transform is an RFFT."""
    spectrum = tf.signal.stft(waveforms, frame_length=240, frame_step=120)
    mel = tf.signal.linear_to_mel_weight_matrix(20, 129, 16000, 80.0, 7600.0)
    logs = tf.math.log(tf.tensordot(tf.math.real(spectrum * tf.math.conj(spectrum)), mel, 1) + 1e-6)
    return logs, tf.signal.mfccs_from_log_mel_spectrograms(logs)[..., :13]


def denoised(rng, waveforms):
    """A mask on a spectrum that becomes a sound again."""
    spectrum = tf.signal.stft(waveforms, frame_length=256, frame_step=64)
    mask = tf.sigmoid(tf.math.log(tf.abs(spectrum) + 1e-3))
    spectrum = spectrum * tf.cast(mask, tf.complex64)
    return mask, tf.signal.inverse_stft(spectrum, 256, 64, window_fn=tf.signal.inverse_stft_window_fn(64))


graph("graph_speech_commands", {"audio": ("float32", [None, 1], wave(4300, 1))}, speech_commands, note="speech_commands' front end, and an INT8 convolution")
graph("graph_yamnet", {"waveform": ("float32", [None], wave(4000))}, yamnet, note="YAMNet's front end: stft, magnitude, mel, log")
graph("graph_cepstrum", {"waveforms": ("float32", [None, 2000], lambda rng: np.stack([wave(2000)(rng) for _ in range(2)]))}, cepstrum, note="mfccs_from_log_mel_spectrograms")
graph("graph_denoised", {"waveforms": ("float32", [None, 1500], lambda rng: np.stack([wave(1500)(rng) for _ in range(2)]))}, denoised, note="stft and inverse_stft")
def partitioned(strategy):
    """Embeddings whose tables are in three parts, in front of a tower."""

    def build(rng, ids, *words):
        words = tf.SparseTensor(*words)
        shape = lambda i, columns: (14 if i == 0 else 13, columns)
        parts = lambda columns: [weights(rng, *shape(i, columns), scale=1.0) for i in range(3)]
        lookup = tf.compat.v1.nn
        deep = tf.concat([
            tf.reshape(lookup.embedding_lookup(parts(8), ids, partition_strategy=strategy), [-1, 24]),
            lookup.safe_embedding_lookup_sparse(parts(8), words, combiner="mean", partition_strategy=strategy),
        ], 1)
        quantized, low, high = tf.raw_ops.QuantizeV2(input=deep, min_range=-3.0, max_range=3.0, T=tf.quint8, mode="MIN_FIRST")
        b = tf.constant(rng.integers(-63, 64, (32, 12)).astype(np.int8))
        product, low, high = tf.raw_ops.QuantizedMatMulWithBiasAndReluAndRequantize(
            a=quantized, b=tf.bitcast(b, tf.qint8), bias=weights(rng, 12, scale=0.2), min_a=low, max_a=high, min_b=-0.5, max_b=0.5, min_freezed_output=0.0,
            max_freezed_output=4.0, Toutput=tf.quint8, input_quant_mode="MIN_FIRST")
        hidden = tf.raw_ops.Dequantize(input=product, min_range=low, max_range=high, mode="SCALED")
        return tf.sigmoid(tf.matmul(hidden, weights(rng, 12, 1))), deep, product

    return build


graph(
    "graph_embedding_mod", {"ids": ("int64", [None, 3], lambda rng: rng.integers(0, 40, (5, 3))), **sparse_feeds("words")}, partitioned("mod"),
)
