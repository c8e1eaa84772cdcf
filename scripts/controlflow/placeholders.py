"""Placeholders that a user fixes, which decide branches; dropout; random numbers."""

import numpy as np
import tensorflow as tf
from case import normal
from flow import fed, frames, functional, v1
from parts import matrix

PHASE = {"phase_train": False}


def phase(default=None):
    if default is None:
        return v1.placeholder(tf.bool, name="phase_train")
    return v1.placeholder_with_default(default, [], name="phase_train")


def batch_norm(rng, x, training):
    n = int(x.shape[-1])
    scale, offset = tf.constant(matrix(rng, n) + 1.0), tf.constant(matrix(rng, n))
    mean, variance = tf.constant(matrix(rng, n)), tf.constant(rng.uniform(0.5, 1.5, n).astype(np.float32))

    def trained():
        m, v = tf.nn.moments(x, [0])
        return m, v

    m, v = v1.cond(training, trained, lambda: (mean, variance))
    return tf.nn.batch_normalization(x, m, v, offset, scale, 1e-3)


def network(rng, x, training):
    y = tf.nn.relu(batch_norm(rng, tf.matmul(x, tf.constant(matrix(rng, 4, 6))), training))
    y = v1.cond(training, lambda: tf.nn.dropout(y, 0.4), lambda: y)
    y = tf.quantization.fake_quant_with_min_max_args(y, 0.0, 4.0)
    return [tf.nn.softmax(tf.matmul(y, tf.constant(matrix(rng, 6, 3))))]


@frames("phase_train", "phase_train is set to false: batch norm's and dropout's branches are decided", sets=PHASE, x=fed("float", [None, 4], normal(2, 4), normal(5, 4)))
def _(rng, x):
    return network(rng, x, phase())


@frames("phase_train_default", "phase_train has the default false and is no input", x=fed("float", [None, 4], normal(2, 4), normal(5, 4)))
def _(rng, x):
    return network(rng, x, phase(False))


@frames("phase_train_default_true", "phase_train has the default true; it is set to false", sets=PHASE, x=fed("float", [None, 4], normal(2, 4), normal(5, 4)))
def _(rng, x):
    return network(rng, x, phase(True))


@frames("phase_train_fed", "phase_train is fed: both branches run without random numbers", phase_train=fed("bool", [], False, True), x=fed("float", [None, 4], normal(2, 4), normal(5, 4)))
def _(rng, phase_train, x):
    return [batch_norm(rng, x, phase_train)]


@frames("phase_train_loop", "a loop in the branch that is not taken, one around a branch that is decided", sets=PHASE, x=fed("float", [None, 4], normal(2, 4), normal(5, 4)))
def _(rng, x):
    training = phase()
    w = tf.constant(matrix(rng, 4, 4))
    noisy = lambda: v1.while_loop(lambda i, y: i < 100, lambda i, y: (i + 1, y + tf.random.normal(tf.shape(y))), (0, x))[1]
    y = v1.cond(training, noisy, lambda: tf.tanh(x))
    step = lambda i, y: (i + 1, v1.cond(training, lambda: tf.nn.dropout(y, 0.5), lambda: tf.tanh(tf.matmul(y, w))))
    return v1.while_loop(lambda i, y: i < 3, step, (0, y))


@frames("keep_prob", "dropout as TensorFlow 1 wrote it, whose keep probability is set to 1", sets={"keep_prob": 1.0}, x=fed("float", [None, 4], normal(2, 4), normal(5, 4)))
def _(rng, x):
    return old_dropout(rng, x, v1.placeholder(tf.float32, name="keep_prob"))


@frames("keep_prob_default", "the same with the default 1", x=fed("float", [None, 4], normal(2, 4), normal(5, 4)))
def _(rng, x):
    return old_dropout(rng, x, v1.placeholder_with_default(1.0, [], name="keep_prob"))


def old_dropout(rng, x, keep):
    """Floor of a random number plus the probability, the data divided by it."""
    y = tf.nn.relu(tf.matmul(x, tf.constant(matrix(rng, 4, 6))))
    kept = tf.floor(tf.add(keep, tf.random.uniform(tf.shape(y), seed=7)))
    return [tf.matmul(tf.multiply(tf.realdiv(y, keep), kept), tf.constant(matrix(rng, 6, 3)))]


@frames("dropout_rate_default", "dropout of TensorFlow 2 with rate 0 as 1 - keep_prob: Mul, GreaterEqual, SelectV2", x=fed("float", [None, 4], normal(2, 4), normal(5, 4)))
def _(rng, x):
    keep = v1.placeholder_with_default(1.0, [], name="keep_prob")
    return [v1.nn.dropout(tf.matmul(x, tf.constant(matrix(rng, 4, 6))), keep_prob=keep)]


@functional("training_if", "If of a placeholder that is set to false; the branch not taken draws random numbers", sets={"training": False}, x=fed("float", [None, 4], normal(2, 4), normal(5, 4)))
def _(rng):
    w = tf.Variable(matrix(rng, 4, 4))

    def f(x, training):
        y = tf.cond(training, lambda: tf.nn.dropout(x @ w, 0.3), lambda: x @ w)
        return tf.cond(training, lambda: y - tf.reduce_mean(y, 0), lambda: y * 2.0)

    return f


@frames("random_seeded", "a random op with a seed whose result is wanted: refused by its name", fails={0: ("load", "RandomUniform gives other numbers in each run")}, x=fed("float", [None, 4], normal(2, 4)))
def _(rng, x):
    return [x + tf.random.uniform(tf.shape(x), seed=3)]


@frames("random_in_frame", "a random op in a loop's body: refused by its name", fails={0: ("load", "RandomStandardNormal gives other numbers in each run")}, x=fed("float", [None, 4], normal(2, 4)))
def _(rng, x):
    return v1.while_loop(lambda i, y: i < 2, lambda i, y: (i + 1, y + tf.random.normal(tf.shape(y), seed=3)), (0, x))
