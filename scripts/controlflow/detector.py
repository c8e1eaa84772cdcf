"""A small detector as the object detection API of TensorFlow 1 writes it: a map resizes the
images one by one, a network with two feature maps, anchors made of their shapes, boxes
decoded, and a map with non-maximum suppression for each class of each image.

It runs with TensorFlow 2.15 too, whose graphs Neural Compressor quantizes."""

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
SIZE, CLASSES, FOUND, PER_CLASS = 32, 3, 8, 5
ASPECTS = (1.0, 2.0)
STRIDES, SCALES = (8, 16), (0.3, 0.6)


def preprocess(image_tensor):
    """Float images of one size from uint8 images, and each one's shape."""
    with v1.name_scope("Preprocessor"):
        images = tf.cast(image_tensor, tf.float32, name="ToFloat")

        def one(image):
            with v1.name_scope("ResizeImage"):
                resized = v1.image.resize_bilinear(tf.expand_dims(image, 0), [SIZE, SIZE], align_corners=False)
                return tf.squeeze(resized, [0]), tf.stack([SIZE, SIZE, tf.shape(image)[2]])

        resized, shapes = tf.map_fn(one, images, dtype=(tf.float32, tf.int32))
        return tf.subtract(tf.multiply(resized, 2.0 / 255.0), 1.0, name="sub"), shapes


def checked(images):
    """The images, which are large enough or end the run."""
    with v1.name_scope("FeatureExtractor"):
        shape = tf.shape(images)
        large = tf.logical_and(tf.greater_equal(shape[1], SIZE), tf.greater_equal(shape[2], SIZE))
        with tf.control_dependencies([v1.Assert(large, ["image size must at least be 32 in both height and width."])]):
            return tf.identity(images)


def grid_anchors(shape, stride, scale):
    """Boxes [n, 4] of a feature map's cells, as corners."""
    with v1.name_scope("MultipleGridAnchorGenerator"):
        y = tf.cast(tf.range(shape[1]), tf.float32) * float(stride) + stride / 2.0
        x = tf.cast(tf.range(shape[2]), tf.float32) * float(stride) + stride / 2.0
        x, y = tf.meshgrid(x, y)
        ratios = tf.sqrt(tf.constant(ASPECTS))
        heights, widths = scale / ratios * SIZE, scale * ratios * SIZE
        x, widths = tf.meshgrid(tf.reshape(x, [-1]), widths, indexing="ij")
        y, heights = tf.meshgrid(tf.reshape(y, [-1]), heights, indexing="ij")
        centers = tf.reshape(tf.stack([y, x], 2), [-1, 2]) / float(SIZE)
        sizes = tf.reshape(tf.stack([heights, widths], 2), [-1, 2]) / float(SIZE)
        return tf.concat([centers - 0.5 * sizes, centers + 0.5 * sizes], 1)


def decode(encodings, anchors):
    """Boxes [n, 4] from what the network says of anchors [n, 4]."""
    with v1.name_scope("Decode"):
        top, left, bottom, right = tf.unstack(tf.transpose(anchors))
        height, width = bottom - top, right - left
        ty, tx, th, tw = tf.unstack(tf.transpose(encodings))
        y, x = ty / 10.0 * height + (top + height / 2.0), tx / 10.0 * width + (left + width / 2.0)
        h, w = tf.exp(th / 5.0) * height, tf.exp(tw / 5.0) * width
        return tf.transpose(tf.stack([y - h / 2.0, x - w / 2.0, y + h / 2.0, x + w / 2.0]))


def clipped(boxes, window):
    """Boxes within a window, without those of no area."""
    with v1.name_scope("ClipToWindow"):
        y1, x1, y2, x2 = tf.split(boxes, 4, 1)
        w = tf.unstack(window)
        y1, y2 = (tf.maximum(tf.minimum(v, w[2]), w[0]) for v in (y1, y2))
        x1, x2 = (tf.maximum(tf.minimum(v, w[3]), w[1]) for v in (x1, x2))
        boxes = tf.concat([y1, x1, y2, x2], 1)
        area = tf.squeeze((y2 - y1) * (x2 - x1), [1])
        return boxes, tf.cast(tf.reshape(tf.where(tf.greater(area, 0.0)), [-1]), tf.int32)


def padded(values, length):
    """A tensor whose first dimension is cut or filled up with zeros to a length."""
    with v1.name_scope("PadOrClip"):
        n = tf.shape(values)[0]
        rest = [-1] * (values.shape.ndims - 1)
        cut = v1.cond(n > length, lambda: tf.slice(values, [0] * (1 + len(rest)), [length] + rest), lambda: values)
        filled = tf.pad(cut, [[0, length - tf.shape(cut)[0]]] + [[0, 0]] * len(rest))
        filled.set_shape([length] + values.shape.as_list()[1:])
        return filled


def suppressed(boxes, scores, window):
    """The best boxes of one image over its classes."""
    with v1.name_scope("MultiClassNonMaxSuppression"):
        per_class = []
        for c in range(CLASSES):
            s = scores[:, c]
            kept = tf.cast(tf.reshape(tf.where(tf.greater(s, 0.45)), [-1]), tf.int32)
            b, s = tf.gather(boxes, kept), tf.gather(s, kept)
            b, inside = clipped(b, window)
            b, s = tf.gather(b, inside), tf.gather(s, inside)
            selected = tf.image.non_max_suppression(b, s, tf.minimum(PER_CLASS, tf.shape(b)[0]), iou_threshold=0.5)
            s = tf.gather(s, selected)
            per_class.append((tf.gather(b, selected), s, tf.zeros_like(s) + float(c)))
        boxes, scores, classes = (tf.concat(v, 0) for v in zip(*per_class))
        with v1.name_scope("SortByField"):
            same = v1.assert_equal(tf.shape(scores)[0], tf.shape(boxes)[0], ["Incorrect field size: actual vs expected."])
            with tf.control_dependencies([same]):
                order = tf.nn.top_k(scores, tf.size(scores), sorted=True).indices
        n = tf.minimum(FOUND, tf.size(order))
        return tuple(padded(tf.gather(v, order), FOUND) for v in (boxes, scores, classes)) + (n,)


def postprocess(encodings, logits, anchors, shapes):
    with v1.name_scope("Postprocessor"):
        batch = tf.shape(encodings)[0]
        tiled = tf.tile(tf.expand_dims(anchors, 0), [batch, 1, 1])
        boxes = decode(tf.reshape(encodings, [-1, 4]), tf.reshape(tiled, [-1, 4]))
        boxes = tf.reshape(boxes, tf.stack([batch, tf.shape(anchors)[0], 4]))
        scores = tf.slice(tf.sigmoid(logits, name="convert_scores"), [0, 0, 1], [-1, -1, -1])
        heights, widths = (tf.cast(tf.slice(shapes, [0, i], [-1, 1]), tf.float32) / float(SIZE) for i in (0, 1))
        windows = tf.concat([tf.zeros_like(heights), tf.zeros_like(widths), heights, widths], 1)
        with v1.name_scope("BatchMultiClassNonMaxSuppression"):
            dtypes = (tf.float32, tf.float32, tf.float32, tf.int32)
            return tf.map_fn(lambda e: suppressed(*e), (boxes, scores, windows), dtype=dtypes)


def detect(image_tensor, network):
    """detection_boxes, detection_scores, detection_classes, num_detections of uint8 images;
    network gives for a feature map's number its encodings and logits as it makes them."""
    images, shapes = preprocess(image_tensor)
    maps = network(checked(images))
    encodings, logits, anchors = [], [], []
    for i, (boxes, classes) in enumerate(maps):
        with v1.name_scope(f"BoxPredictor_{i}"):
            batch = tf.shape(boxes)[0]
            encodings.append(tf.reshape(boxes, tf.stack([batch, -1, 1, 4])))
            logits.append(tf.reshape(classes, tf.stack([batch, -1, CLASSES + 1])))
        anchors.append(grid_anchors(tf.shape(boxes), STRIDES[i], SCALES[i]))
    encodings = tf.squeeze(tf.concat(encodings, 1, name="concat"), [2])
    found = postprocess(encodings, tf.concat(logits, 1, name="concat_1"), tf.concat(anchors, 0), shapes)
    boxes, scores, classes, n = found
    return [
        tf.identity(boxes, "detection_boxes"), tf.identity(scores, "detection_scores"),
        tf.add(classes, 1.0, name="detection_classes"), tf.cast(n, tf.float32, name="num_detections"),
    ]


def float_network(rng):
    """The network with float weights: convolutions with batch norms and Relu6, a depthwise one."""

    def weights(name, *shape, scale=None):
        fan = np.prod(shape[:3]) if name != "depthwise_weights" else 9
        value = rng.normal(0, scale or 1.6 / np.sqrt(fan), shape).astype(np.float32)
        return v1.get_variable(name, initializer=value, use_resource=False)

    def norm(x, n):
        gamma, beta, mean, variance = (
            v1.get_variable(k, initializer=v.astype(np.float32), use_resource=False)
            for k, v in (("gamma", rng.uniform(0.7, 1.3, n)), ("beta", rng.normal(0.2, 0.2, n)), ("moving_mean", rng.normal(0, 0.1, n)), ("moving_variance", rng.uniform(0.5, 1.5, n)))
        )
        return tf.nn.relu6(v1.nn.fused_batch_norm(x, gamma, beta, mean, variance, epsilon=1e-3, is_training=False)[0])

    def conv(name, x, n, size, stride):
        with v1.variable_scope(name):
            return norm(tf.nn.conv2d(x, weights("weights", size, size, int(x.shape[-1]), n), stride, "SAME"), n)

    def depthwise(name, x, stride):
        with v1.variable_scope(name):
            n = int(x.shape[-1])
            return norm(tf.nn.depthwise_conv2d(x, weights("depthwise_weights", 3, 3, n, 1), [1, stride, stride, 1], "SAME"), n)

    def predictor(name, x, n, bias):
        with v1.variable_scope(name):
            b = v1.get_variable("biases", initializer=(rng.normal(0, 0.3, n) + bias).astype(np.float32), use_resource=False)
            return tf.nn.bias_add(tf.nn.conv2d(x, weights("weights", 1, 1, int(x.shape[-1]), n), 1, "SAME"), b)

    def network(images):
        with v1.variable_scope("FeatureExtractor/MobilenetV1"):
            x = conv("Conv2d_0", images, 8, 3, 2)
            x = conv("Conv2d_1_pointwise", depthwise("Conv2d_1_depthwise", x, 2), 16, 1, 1)
            first = conv("Conv2d_2_pointwise", depthwise("Conv2d_2_depthwise", x, 2), 24, 1, 1)
            second = conv("Conv2d_3", first, 24, 3, 2)
        a = len(ASPECTS)
        return [
            (predictor(f"BoxPredictor_{i}/BoxEncodingPredictor", x, 4 * a, 0.0), predictor(f"BoxPredictor_{i}/ClassPredictor", x, (CLASSES + 1) * a, -0.4))
            for i, x in enumerate((first, second))
        ]

    return network
