"""Ops that TensorFlow runs in old GraphDefs only."""

from case import case, feed, uniform

for t in ["float", "double"]:
    for signed in [True, False]:
        for bits, low, high, given in [(8, -1.3, 2.9, True), (4, 0.0, 5.7, True), (8, -4.4, -1.2, True), (16, 0.0, 0.0, False), (1, -1.3, 2.9, True)]:
            name = f"{t}_{'signed' if signed else 'unsigned'}_{bits}_{low}" + ("" if given else "_own")
            case(
                "QuantizeAndDequantize", f"quantizeanddequantize_v1_{name}", feed(t, uniform(3, 4, 5, low=-6, high=7)), group="QuantizeAndDequantizeV1",
                producer=20, signed_input=signed, num_bits=bits, input_min=low, input_max=high, range_given=given,
            )
