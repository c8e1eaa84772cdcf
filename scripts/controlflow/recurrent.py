"""Keras' recurrent layers, whose loops are While; classifiers; an LSTM of 128 steps."""

import tensorflow as tf
from arrays import FLOAT
from case import integers, normal
from flow import fed, frames, functional, recorded, v1
from parts import LSTMCell, matrix



def layer(rng, make, *shape):
    """A built layer of Keras with random weights."""
    import keras

    keras.utils.set_random_seed(1)
    made = make(keras.layers)
    made.build(shape)
    made.set_weights([matrix(rng, *w.shape, scale=None if w.ndim > 1 else 0.1) for w in made.get_weights()])
    return made


SEQUENCES = {"x": fed("float", [None, None, 4], normal(2, 5, 4), normal(3, 1, 4))}


@functional("keras_simple_rnn", lowered=False, says="SimpleRNN, all outputs", **SEQUENCES)
def _(rng):
    return layer(rng, lambda k: k.SimpleRNN(5, return_sequences=True), None, None, 4)


@functional("keras_lstm", "LSTM, outputs and both states", **SEQUENCES)
def _(rng):
    return layer(rng, lambda k: k.LSTM(5, return_sequences=True, return_state=True), None, None, 4)


@functional("keras_gru", lowered=False, says="GRU, reset after the product, the last output", **SEQUENCES)
def _(rng):
    return layer(rng, lambda k: k.GRU(5), None, None, 4)


@functional("keras_gru_reset_before", lowered=False, says="GRU, reset before the product, backwards", **SEQUENCES)
def _(rng):
    return layer(rng, lambda k: k.GRU(5, reset_after=False, go_backwards=True, return_sequences=True), None, None, 4)


@functional("keras_bidirectional", lowered=False, says="Bidirectional LSTM: two While beside each other", **SEQUENCES)
def _(rng):
    return layer(rng, lambda k: k.Bidirectional(k.LSTM(3, return_sequences=True)), None, None, 4)


@functional("keras_fixed_length", "a length that is known: the loop's bound is a constant", x=fed("float", [None, 6, 4], normal(2, 6, 4), normal(1, 6, 4)))
def _(rng):
    return layer(rng, lambda k: k.LSTM(5), None, 6, 4)


@functional("keras_mask", lowered=False, says="masking of the padding: a masked step keeps the state; masks are read from a list of booleans", ids=fed("int32", [None, None], [[3, 4, 0, 0], [5, 1, 2, 6]], [[1]]))
def _(rng):
    embedding = layer(rng, lambda k: k.Embedding(9, 4, mask_zero=True), None, None)
    lstm = layer(rng, lambda k: k.LSTM(5, return_sequences=True), None, None, 4)
    return lambda ids: lstm(embedding(ids), mask=tf.not_equal(ids, 0))


@functional("keras_lstm_classifier", lowered=False, says="embedding, two LSTM, dense, softmax", ids=fed("int32", [None, None], integers(2, 7, low=0, high=19), integers(4, 3, low=0, high=19)))
def _(rng):
    table = tf.Variable(matrix(rng, 20, 6, scale=1.0))
    first = layer(rng, lambda k: k.LSTM(8, return_sequences=True), None, None, 6)
    second = layer(rng, lambda k: k.LSTM(6), None, None, 8)
    w, b = tf.Variable(matrix(rng, 6, 3)), tf.Variable(matrix(rng, 3))
    return lambda ids: tf.nn.softmax(second(first(tf.gather(tf.identity(table), ids))) @ w + b)


@functional("keras_gru_classifier_fake_quant", "a GRU classifier between FakeQuant of weights and activations", x=fed("float", [None, None, 5], normal(2, 6, 5), normal(3, 2, 5)))
def _(rng):
    gru = layer(rng, lambda k: k.GRU(6), None, None, 5)
    w = tf.Variable(matrix(rng, 6, 3))

    def f(x):
        h = gru(tf.quantization.fake_quant_with_min_max_args(x, -3.0, 3.0))
        weights = tf.quantization.fake_quant_with_min_max_vars_per_channel(w, [-1.0] * 3, [1.0] * 3, narrow_range=True)
        return tf.nn.softmax(tf.quantization.fake_quant_with_min_max_args(h, -1.0, 1.0) @ weights)

    return f


@functional("keras_conv_lstm", lowered=False, says="ConvLSTM2D: convolutions in the body", x=fed("float", [None, None, 5, 5, 2], normal(1, 3, 5, 5, 2), normal(2, 1, 5, 5, 2)))
def _(rng):
    return layer(rng, lambda k: k.ConvLSTM2D(3, 3, padding="same"), None, None, 5, 5, 2)


@functional("lstm_128_steps", lowered=False, says="for timing: 128 steps of one LSTM of 64 units, batch 1", x=fed("float", [1, 128, 16], normal(1, 128, 16)))
def _(rng):
    return layer(rng, lambda k: k.LSTM(64), 1, 128, 16)


@frames("lstm_128_steps_frames", "for timing: dynamic_rnn of 128 steps of an LSTM cell of 64 units, batch 1", x=fed("float", [1, 128, 16], normal(1, 128, 16)))
def _(rng, x):
    return [v1.nn.dynamic_rnn(LSTMCell(rng, 64), x, dtype=FLOAT)[1][1]]


TOKENS = {"ids": fed("int32", [None, None], [[3, 4, 0, 0], [5, 1, 2, 6]], [[1]])}
recorded("keras2_lstm", "an LSTM classifier of Keras 2 with TensorFlow 2.15", ["functional.pb"], ["Identity:0"], **TOKENS)
recorded("keras2_gru", "a GRU classifier of Keras 2 with TensorFlow 2.15, with a mask", ["functional.pb"], ["Identity:0"], **TOKENS)
