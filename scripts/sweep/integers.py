"""The rows of the quantized ops: products of integers, what stands behind them, and the Uniform* family."""

import numpy as np
import tensorflow as tf
from nodes import node, quantized
from rows import IMAGE, MATRIX, R, TOKENS, constant, data, random
from tensorflow.core.util.quantization.uniform_quant_ops_attr_pb2 import UniformQuantizedConvolutionDimensionNumbersAttr

HALF = (1, 28, 28, 64)


def scalar(v):
    return tf.constant(v, tf.float32)


def bytes_of(shape, kind=tf.quint8, name="x"):
    return data(shape, kind, name)


def span(size=1.0):
    return scalar(-size), scalar(size)


def weights(*shape):
    return quantized(tf.qint8, random.randint(-127, 128, shape))


def convolution(op, bias=False, frozen=False, summand=None, out=tf.qint32, filters=(3, 3, 64, 64)):
    """A QuantizedConv2D* with what its name says: 3x3, 64 to 64 channels, or a filter for each channel. The summand is
    computed: one that TensorFlow may not overwrite ends its process."""
    def build():
        inputs = [bytes_of(HALF), weights(*filters)]
        if bias:
            inputs.append(constant(64))
        inputs += [scalar(0.0), scalar(4.0), *span()]
        if frozen:
            inputs += [scalar(0.0), scalar(6.0)]
        if summand == tf.float32:
            inputs.append(data(HALF, tf.float32, "summand") + 1)
        elif summand:
            inputs += [tf.bitcast(data(HALF, tf.uint8, "summand") + 1, summand), *span(3.0)]
        return node(op, *inputs, strides=[1, 1, 1, 1], padding="SAME", out_type=out)
    return build


def convolutions():
    c, d = "QuantizedConv2D", "QuantizedDepthwiseConv2D"
    rows = {
        c: convolution(c), c + "PerChannel": convolution(c + "PerChannel"), c + "AndRelu": convolution(c + "AndRelu"),
        c + "AndRequantize": convolution(c + "AndRequantize", frozen=True, out=tf.qint8),
        c + "AndReluAndRequantize": convolution(c + "AndReluAndRequantize", frozen=True, out=tf.quint8),
        c + "WithBias": convolution(c + "WithBias", True),
        c + "WithBiasAndRelu": convolution(c + "WithBiasAndRelu", True),
        c + "WithBiasSumAndRelu": convolution(c + "WithBiasSumAndRelu", True, summand=tf.float32),
        c + "WithBiasAndRequantize": convolution(c + "WithBiasAndRequantize", True, True, out=tf.qint8),
        c + "WithBiasAndReluAndRequantize": convolution(c + "WithBiasAndReluAndRequantize", True, True, out=tf.quint8),
        c + "WithBiasSumAndReluAndRequantize": convolution(
            c + "WithBiasSumAndReluAndRequantize", True, True, tf.quint8, tf.quint8),
        c + "WithBiasSignedSumAndReluAndRequantize": convolution(
            c + "WithBiasSignedSumAndReluAndRequantize", True, True, tf.qint8, tf.quint8),
        "_FusedQuantizedConv2D": lambda: fused("_FusedQuantizedConv2D", (3, 3, 64, 64)),
        "_FusedQuantizedDepthwiseConv2D": lambda: fused("_FusedQuantizedDepthwiseConv2D", (3, 3, 64, 1)),
    }
    each = (3, 3, 64, 1)
    return rows | {
        d: convolution(d, filters=each), d + "WithBias": convolution(d + "WithBias", True, filters=each),
        d + "WithBiasAndRelu": convolution(d + "WithBiasAndRelu", True, filters=each),
        d + "WithBiasAndReluAndRequantize": convolution(
            d + "WithBiasAndReluAndRequantize", True, True, out=tf.quint8, filters=each),
    }


def fused(op, filters):
    device = [bytes_of(HALF), weights(*filters), constant(64)]
    host = [scalar(0.0), scalar(4.0), *span(), scalar(0.0), scalar(6.0)]
    return node(
        op, device, host, Tinput=tf.quint8, Tfilter=tf.qint8, Tbias=tf.float32, Tsummand=tf.quint8, out_type=tf.quint8,
        Tdevice_outputs=[tf.quint8], Thost_outputs=[tf.float32] * 2, fused_ops=["BiasAdd", "Relu", "Requantize"],
        strides=[1, 1, 1, 1], padding="SAME",
    )


def products():
    m = "QuantizedMatMulWithBias"
    rows, inner, columns = 64, 512, 512

    def legacy(op, frozen=False, **attrs):
        def build():
            inputs = [bytes_of((rows, inner)), weights(inner, columns), constant(columns), scalar(0.0), scalar(4.0), *span()]
            if frozen:
                inputs += [scalar(0.0), scalar(60.0)]
            return node(op, *inputs, input_quant_mode="SCALED", **attrs)
        return build

    def fused_product():
        device = [bytes_of((rows, inner)), weights(inner, columns), constant(columns)]
        host = [scalar(0.0), scalar(4.0), *span(), scalar(0.0), scalar(60.0)]
        return node(
            "_QuantizedMatMul", device, host, T1=tf.quint8, T2=tf.qint8, Tbias=tf.float32, U=tf.float32, Tout=tf.quint8,
            Tdevice_outputs=[tf.quint8], Thost_outputs=[tf.float32] * 2, fused_ops=["BiasAdd", "Relu", "Requantize"],
            input_quant_mode="SCALED", output_quant_mode="SCALED",
        )

    return {
        "QuantizedMatMul": lambda: R.QuantizedMatMul(
            a=bytes_of((rows, inner)), b=quantized(tf.quint8, random.randint(0, 256, (inner, columns))), min_a=scalar(0.0),
            max_a=scalar(4.0), min_b=scalar(-1.0), max_b=scalar(1.0))[0],
        m: legacy(m, Toutput=tf.qint32),
        m + "AndRelu": legacy(m + "AndRelu", Toutput=tf.qint32),
        m + "AndRequantize": legacy(m + "AndRequantize", True, Toutput=tf.quint8),
        m + "AndReluAndRequantize": legacy(m + "AndReluAndRequantize", True, Toutput=tf.quint8),
        m + "AndDequantize": legacy(m + "AndDequantize", True, Toutput=tf.float32),
        "_QuantizedMatMul": fused_product,
    }


def behind():
    """What follows products, and the arithmetic of bytes."""
    def wide(name="x"):
        return data(IMAGE, tf.qint32, name)

    def channels(low):
        return tf.constant(low + random.uniform(0, 1, 64).astype(np.float32))

    def binary(op):
        return lambda: getattr(R, op)(
            x=bytes_of(IMAGE), y=bytes_of(IMAGE, name="y"), min_x=scalar(-1.0), max_x=scalar(1.0), min_y=scalar(-2.0),
            max_y=scalar(3.0))[0]

    def relu(op):
        return lambda: getattr(R, op)(features=bytes_of(IMAGE), min_features=scalar(-1.0), max_features=scalar(8.0),
)[0]

    return {
        "Requantize": lambda: R.Requantize(
            input=wide(), input_min=scalar(-2e7), input_max=scalar(2e7), requested_output_min=scalar(-1.0),
            requested_output_max=scalar(1.0), out_type=tf.quint8)[0],
        "RequantizePerChannel": lambda: R.RequantizePerChannel(
            input=wide(), input_min=channels(-2e7), input_max=channels(2e7), requested_output_min=scalar(-1.0),
            requested_output_max=scalar(1.0), out_type=tf.qint8)[0],
        "RequantizationRange": lambda: R.RequantizationRange(
            input=wide(), input_min=scalar(-2e7), input_max=scalar(2e7))[0],
        "RequantizationRangePerChannel": lambda: R.RequantizationRangePerChannel(
            input=wide(), input_min=channels(-2e7), input_max=channels(2e7), clip_value_max=1e30)[0],
        "QuantizeDownAndShrinkRange": lambda: R.QuantizeDownAndShrinkRange(
            input=wide(), input_min=scalar(-2e7), input_max=scalar(2e7), out_type=tf.quint8)[0],
        "QuantizedAdd": binary("QuantizedAdd"), "QuantizedMul": binary("QuantizedMul"),
        "QuantizedBiasAdd": lambda: R.QuantizedBiasAdd(
            input=bytes_of(IMAGE), bias=quantized(tf.quint8, random.randint(0, 256, 64)), min_input=scalar(-1.0),
            max_input=scalar(1.0), min_bias=scalar(-2.0), max_bias=scalar(2.0), out_type=tf.qint32)[0],
        "QuantizedRelu": relu("QuantizedRelu"), "QuantizedRelu6": relu("QuantizedRelu6"),
        "QuantizedConcatV2": lambda: node(
            "QuantizedConcatV2", [bytes_of(IMAGE), bytes_of(IMAGE, name="y")], tf.constant(3), [scalar(0.0), scalar(0.0)],
            [scalar(1.0), scalar(2.0)]),
        "QuantizedInstanceNorm": lambda: R.QuantizedInstanceNorm(
            x=bytes_of(IMAGE), x_min=scalar(-1.0), x_max=scalar(1.0))[0],
        "QuantizedResizeBilinear": lambda: R.QuantizedResizeBilinear(
            images=bytes_of((2, 56, 56, 32)), size=[112, 112], min=scalar(-1.0), max=scalar(1.0))[0],
        "QuantizedBatchNormWithGlobalNormalization": lambda: R.QuantizedBatchNormWithGlobalNormalization(
            t=bytes_of(IMAGE), t_min=scalar(-1.0), t_max=scalar(1.0), variance_epsilon=1e-3, scale_after_normalization=True,
            out_type=tf.qint32, **normalization())[0],
        "_QuantizedMaxPool3D": lambda: node(
            "_QuantizedMaxPool3D", bytes_of((2, 16, 32, 32, 16)), *span(), ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 2, 1],
            padding="VALID"),
    }


def normalization():
    inputs = {}
    for name in ("m", "v", "beta", "gamma"):
        inputs[name] = quantized(tf.quint8, random.randint(1, 255, 64))
        inputs[name + "_min"], inputs[name + "_max"] = scalar(0.1), scalar(2.0)
    return inputs


NHWC = UniformQuantizedConvolutionDimensionNumbersAttr(
    input_batch_dimension=0, input_feature_dimension=3, input_spatial_dimensions=[1, 2],
    kernel_output_feature_dimension=3, kernel_input_feature_dimension=2, kernel_spatial_dimensions=[0, 1],
    output_batch_dimension=0, output_feature_dimension=3, output_spatial_dimensions=[1, 2],
).SerializeToString()


def uniform():
    def limits(prefix, kind):
        i = np.iinfo({tf.qint8: np.int8, tf.qint32: np.int32}[kind])
        return {f"{prefix}quantization_min_val": int(i.min), f"{prefix}quantization_max_val": int(i.max)}

    def parameters(scale=0.1, zero=3):
        return tf.constant(scale, tf.float32), tf.constant(zero, tf.int32)

    wide, left, right, out = tf.qint32, limits("lhs_", tf.qint8), limits("rhs_", tf.qint8), limits("output_", tf.qint32)
    return {
        "UniformQuantize": lambda: node(
            "UniformQuantize", data(), *parameters(), Tout=tf.qint8, quantization_axis=-1, **limits("", tf.qint8)),
        "UniformDequantize": lambda: node(
            "UniformDequantize", data(IMAGE, tf.qint8), *parameters(), Tout=tf.float32, quantization_axis=-1,
            **limits("", tf.qint8)),
        "UniformRequantize": lambda: node(
            "UniformRequantize", data(IMAGE, wide), *parameters(1e-4), *parameters(), Tout=tf.qint8,
            input_quantization_axis=-1, output_quantization_axis=-1, **limits("input_", wide), **limits("output_", tf.qint8)),
        "UniformQuantizedAdd": lambda: node(
            "UniformQuantizedAdd", data(TOKENS, wide), data(TOKENS, wide, "y"), *parameters(), *parameters(0.2),
            *parameters(0.3), lhs_quantization_axis=-1, rhs_quantization_axis=-1, output_quantization_axis=-1,
            **limits("lhs_", wide), **limits("rhs_", wide), **out),
        "UniformQuantizedClipByValue": lambda: node(
            "UniformQuantizedClipByValue", data(IMAGE, wide), quantized(wide, -50), quantized(wide, 50), *parameters(),
            quantization_axis=-1, **limits("", wide)),
        "UniformQuantizedDot": lambda: node(
            "UniformQuantizedDot", data((64, 512), tf.qint8), weights(512, 512), *parameters(), *parameters(0.01, 0),
            *parameters(0.001, 0), Tout=wide, rhs_quantization_axis=-1, output_quantization_axis=-1, **left, **right, **out),
        "UniformQuantizedDotHybrid": lambda: node(
            "UniformQuantizedDotHybrid", data((64, 512)), weights(512, 512), *parameters(0.01, 0), Tout=tf.float32,
            rhs_quantization_axis=-1, **right),
        "UniformQuantizedConvolution": lambda: node(
            "UniformQuantizedConvolution", data(HALF, tf.qint8), weights(3, 3, 64, 64), *parameters(), *parameters(0.01, 0),
            *parameters(0.001, 0), Tout=wide, padding="SAME", window_strides=[1, 1], dimension_numbers=NHWC,
            rhs_quantization_axis=-1, output_quantization_axis=-1, **left, **right, **out),
        "UniformQuantizedConvolutionHybrid": lambda: node(
            "UniformQuantizedConvolutionHybrid", data(HALF), weights(3, 3, 64, 64), *parameters(0.01, 0), Tout=tf.float32,
            padding="SAME", window_strides=[1, 1], dimension_numbers=NHWC, rhs_quantization_axis=-1, **right),
    }


def floats():
    """What TensorFlow makes of convolutions and products with the steps behind them."""
    one, image = [1, 1, 1, 1], (1, 56, 56, 64)

    def product():
        return node("_FusedMatMul", data(MATRIX), constant(512, 512), [constant(512)], fused_ops=["BiasAdd", "Relu"])

    return {
        "_FusedConv2D": lambda: node(
            "_FusedConv2D", data(image), constant(3, 3, 64, 64), [constant(64)], [], fused_ops=["BiasAdd", "Relu"],
            strides=one, padding="SAME", num_args=1),
        "_FusedDepthwiseConv2dNative": lambda: node(
            "_FusedDepthwiseConv2dNative", data(image), constant(3, 3, 64, 1), [constant(64)],
            fused_ops=["BiasAdd", "Relu"], strides=one, padding="SAME"),
        "_FusedConv3D": lambda: node(
            "_FusedConv3D", data((1, 16, 28, 28, 16)), constant(3, 3, 3, 16, 16), [constant(16)], fused_ops=["BiasAdd", "Relu"],
            strides=[1] * 5, padding="SAME"),
        "_FusedMatMul": product,
        "_FusedBatchNormEx": lambda: node(
            "_FusedBatchNormEx", data(), constant(64), constant(64), constant(64), tf.abs(constant(64)) + 1, [],
            is_training=False, activation_mode="Relu", num_side_inputs=0),
    }


def rows():
    return convolutions() | products() | behind() | uniform() | floats()
