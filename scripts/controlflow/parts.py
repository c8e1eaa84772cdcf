"""Parts of networks: weights, and products of matrices in INT8."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def matrix(rng, *shape, scale=None):
    return rng.normal(0, scale or 1 / np.sqrt(max(1, np.prod(shape[:-1]))), shape).astype(np.float32)


def qint8(values):
    return tf.constant(values.astype(np.int8).view(tf.qint8.as_numpy_dtype))


def requantized_product(x, w, b, low=-4.0, high=4.0):
    """x times w plus b through QuantizedMatMulWithBiasAndRequantize, all in scale."""
    q, x_low, x_high = raw.QuantizeV2(input=x, min_range=low, max_range=high, T=tf.quint8, mode="MIN_FIRST")
    out, out_low, out_high = raw.QuantizedMatMulWithBiasAndRequantize(
        a=q, b=qint8(w), bias=b, min_a=x_low, max_a=x_high, min_b=-0.5, max_b=0.5,
        min_freezed_output=-3.0, max_freezed_output=3.0, Toutput=tf.quint8, input_quant_mode="MIN_FIRST",
    )
    return raw.Dequantize(input=out, min_range=out_low, max_range=out_high, mode="MIN_FIRST")


def dense_int8(rng, n, m):
    """A layer as quantization-aware training leaves it: FakeQuant of input and weights."""
    w, b = tf.Variable(matrix(rng, n, m)), tf.Variable(matrix(rng, m, scale=0.1))
    limit = tf.Variable(np.abs(w.numpy()).max(0))
    low, high = tf.Variable(np.float32(-3.0)), tf.Variable(np.float32(3.0))

    def layer(x):
        x = tf.quantization.fake_quant_with_min_max_vars(x, low, high)
        weights = tf.quantization.fake_quant_with_min_max_vars_per_channel(w, -limit, limit, narrow_range=True)
        return x @ weights + b

    return layer


class Cell:
    """What dynamic_rnn takes for a cell; its nodes are those of TensorFlow 1's cells."""

    def __init__(self, rng, units, int8=False):
        self.rng, self.units, self.int8, self.held = rng, units, int8, {}

    @property
    def output_size(self):
        return self.units

    @property
    def state_size(self):
        return self.units

    def zero_state(self, batch, dtype):
        zeros = [tf.zeros([batch, self.units], dtype) for _ in range(self.states)]
        return zeros[0] if self.states == 1 else tuple(zeros)

    states = 1

    def product(self, name, x, units, bias=0.0):
        """x times a kernel plus a bias, both variables as TensorFlow 1 makes them."""
        n = int(x.shape[-1])
        if name not in self.held:
            with tf.control_dependencies(None):
                self.held[name] = matrix(self.rng, n, units), np.full(units, bias, np.float32)
        kernel, b = self.held[name]
        if self.int8:
            return int8_product(x, kernel, b)
        scope = name if not hasattr(self, "scope") else f"{self.scope}/{name}"
        with tf.compat.v1.variable_scope(scope, reuse=tf.compat.v1.AUTO_REUSE):
            kernel = tf.compat.v1.get_variable("kernel", initializer=kernel, use_resource=False)
            b = tf.compat.v1.get_variable("bias", initializer=b, use_resource=False)
        return tf.nn.bias_add(tf.matmul(x, kernel), b)


class BasicCell(Cell):
    def __call__(self, x, state, scope=None):
        h = tf.tanh(self.product("basic_rnn_cell", tf.concat([x, state], 1), self.units))
        return h, h


class LSTMCell(Cell):
    states = 2

    @property
    def state_size(self):
        return (self.units, self.units)

    def __call__(self, x, state, scope=None):
        c, h = state
        gates = self.product("basic_lstm_cell", tf.concat([x, h], 1), 4 * self.units)
        i, j, f, o = tf.split(gates, 4, 1)
        c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
        h = tf.tanh(c) * tf.sigmoid(o)
        return h, (c, h)


class GRUCell(Cell):
    def __call__(self, x, state, scope=None):
        gates = tf.sigmoid(self.product("gates", tf.concat([x, state], 1), 2 * self.units, 1.0))
        r, u = tf.split(gates, 2, 1)
        candidate = tf.tanh(self.product("candidate", tf.concat([x, r * state], 1), self.units))
        h = u * state + (1 - u) * candidate
        return h, h


def int8_product(x, kernel, bias):
    """A product as Neural Compressor quantizes it: the data's range is that of the batch,
    the result's is computed, QuantizedMatMulWithBias and Dequantize of qint32."""
    limit = float(np.abs(kernel).max())
    weights = np.clip(np.round(kernel * (127 / limit)), -127, 127)
    q, low, high = raw.QuantizeV2(input=x, min_range=-4.0, max_range=4.0, T=tf.quint8, mode="MIN_FIRST")
    out, low, high = raw.QuantizedMatMulWithBias(
        a=q, b=qint8(weights), bias=bias, min_a=low, max_a=high, min_b=-limit, max_b=limit, Toutput=tf.qint32, input_quant_mode="MIN_FIRST",
    )
    low2, high2 = raw.RequantizationRange(input=out, input_min=low, input_max=high)
    out, low, high = raw.Requantize(input=out, input_min=low, input_max=high, requested_output_min=low2, requested_output_max=high2, out_type=tf.quint8)
    return raw.Dequantize(input=out, min_range=low, max_range=high, mode="MIN_FIRST")
