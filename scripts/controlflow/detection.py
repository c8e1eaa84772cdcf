"""Detectors as the object detection API of TensorFlow 1 writes them, quantized by Neural
Compressor and with quantized ops built as it writes them; a batch's non-maximum suppression."""

import numpy as np
import tensorflow as tf
from case import integers, normal
from detector import ASPECTS, CLASSES, checked, decode, detect, grid_anchors, preprocess
from flow import fed, frames, recorded
from parts import matrix, qint8

raw = tf.raw_ops


def images(*shape):
    return integers(*shape, 3, low=0, high=255)


recorded(
    "ssd_neural_compressor", "a detector of TensorFlow 1, quantized by Neural Compressor 2.6: maps around an INT8 network, NMS for each class of each image",
    ["graph.pb"], ["detection_boxes:0", "detection_scores:0", "detection_classes:0", "num_detections:0"],
    image_tensor=fed("uint8", [None, None, None, 3], images(2, 24, 30), images(1, 40, 33)),
)
recorded(
    "lstm_neural_compressor", "a classifier of dynamic_rnn, quantized by Neural Compressor 2.6: INT8 products around the frame",
    ["graph.pb"], ["softmax:0"], x=fed("float", [None, None, 6], normal(2, 5, 6), normal(3, 2, 6)),
)


def int8_network(rng):
    """The network in INT8 from one QuantizeV2 to the Dequantize of each prediction."""

    def conv(q, n, size, stride, relu=True, high=4.0, depthwise=False):
        channels = int(q[0].shape[-1])
        w = integers(size, size, channels, 1 if depthwise else n, low=-60, high=60)(rng)
        limit = np.float32(3.0) / np.float32(np.sqrt(size * size * (1 if depthwise else channels)))
        kind = "QuantizedDepthwiseConv2DWithBiasAndReluAndRequantize" if depthwise else f"QuantizedConv2DWithBiasAnd{'ReluAnd' if relu else ''}Requantize"
        bias = matrix(rng, n, scale=0.2) - np.float32(0.0 if relu else 0.3)
        named = dict(strides=[1, stride, stride, 1], padding="SAME", out_type=tf.quint8 if relu else tf.qint8)
        ranges = dict(min_input=q[1], max_input=q[2], min_filter=tf.fill([n], -limit), max_filter=tf.fill([n], limit))
        ranges |= dict(min_freezed_output=0.0 if relu else -high, max_freezed_output=high)
        return getattr(raw, kind)(input=q[0], filter=qint8(w), bias=bias, **ranges, **named)

    def prediction(q, n, high):
        q = conv(q, n, 1, 1, relu=False, high=high)
        return raw.Dequantize(input=q[0], min_range=q[1], max_range=q[2], mode="SCALED")

    def network(x):
        q = raw.QuantizeV2(input=x, min_range=-1.0, max_range=1.0, T=tf.qint8, mode="SCALED", round_mode="HALF_TO_EVEN", narrow_range=False)
        q = conv(conv(conv(q, 8, 3, 2), 8, 3, 2, depthwise=True), 16, 1, 1)
        first = conv(conv(q, 16, 3, 2, depthwise=True), 16, 1, 1)
        second = conv(first, 16, 3, 2)
        a = len(ASPECTS)
        return [(prediction(q, 4 * a, 3.0), prediction(q, (CLASSES + 1) * a, 2.0)) for q in (first, second)]

    return network


@frames("ssd_by_hand", "the detector with its Asserts, unfrozen by any tool: quantized convolutions as Neural Compressor writes them", image_tensor=fed("uint8", [None, None, None, 3], images(2, 24, 30), images(1, 40, 33)))
def _(rng, image_tensor):
    return detect(image_tensor, int8_network(rng))


@frames("ssd_combined_nms", "the map of preprocessing, an INT8 network, CombinedNonMaxSuppression", image_tensor=fed("uint8", [None, None, None, 3], images(2, 24, 30), images(1, 40, 33)))
def _(rng, image_tensor):
    resized, shapes = preprocess(image_tensor)
    encodings, logits = int8_network(rng)(checked(resized))[0]
    anchors = grid_anchors(tf.shape(encodings), 8, 0.3)
    batch = tf.shape(encodings)[0]
    boxes = decode(tf.reshape(encodings, [-1, 4]), tf.tile(anchors, tf.stack([batch, 1])))
    boxes = tf.reshape(boxes, tf.stack([batch, -1, 1, 4]))
    scores = tf.reshape(logits, tf.stack([batch, -1, CLASSES + 1]))[:, :, 1:] * 0.25 + 0.5
    scores += tf.reshape(tf.cast(tf.range(tf.size(scores)), tf.float32), tf.shape(scores)) * 2.0**-16  # no two are equal
    found = tf.image.combined_non_max_suppression(boxes, scores, 5, 8, 0.5, 0.4)
    return [found.nmsed_boxes, found.nmsed_scores, found.nmsed_classes, found.valid_detections]
