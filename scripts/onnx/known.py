"""What parts from tf2ng, or from TensorFlow, in other runtimes, and why."""

import re

BOXES = "the last bits of a resized image decide an integer behind it, and that the order of nearly equal scores"

# The recorded graphs whose ONNX models part from tf2ng in ONNX Runtime: patterns of the graph, of the kind of difference
# and of the output, how far the output may be off, and the reason.
KNOWN = [
    (r"argmax_nan|max_nan|min_nan|maxpool_nan", r"differs|NaN", r".*", None, "ONNX leaves open what becomes of NaN"),
    (r"segment(max|min)_(nan|only_nan|special)", r"NaN", r".*", None, "ONNX leaves open what becomes of NaN"),
    (r"uniquev2_signed_", r"type|differs", r".*", None, "ONNX leaves open whether a NaN equals another, and -0 equals 0"),
    (r"uniquev2_empty_rows", r"died", r"", None, "ONNX Runtime aborts at a Unique of rows without elements"),
    (r"unsortedsegment(sum|prod)_no_columns", r"not run", r"", None, "ONNX Runtime checks indices of rows without elements, TensorFlow does not"),
    (r"sign_half", r"NaN|differs", r".*", None, "ONNX Runtime's Sign of a NaN of 16 bits is one"),
    (r"^(batchmatmulv2|matmul|conv2d|conv2dbackpropinput|depthwiseconv2dnative)_subnormal", r"differs", r".*", None, "ONNX Runtime multiplies subnormal numbers"),
    (r"mean_empty", r"NaN", r".*", None, "ONNX leaves open what the mean of nothing is"),
    (r"reshape_inferred_of_empty", r"checker", r"", None, "ONNX infers no dimension of a tensor without elements"),
    (r"uniformconvolution(hybrid)?_.*_channels_", r"not run", r"", None, "ONNX Runtime's ConvInteger has one zero point for all filters"),
    # The number of boxes has to be equal, the scores nearly so.
    (r"ssd_\w+/graph.pb#0 of (qdq|integer)", r"differs", r"detection_scores:0|out_1:0", 0.02, BOXES),
    (r"ssd_\w+/graph.pb#0 of (qdq|integer)", r"differs", r"detection_(boxes|classes):0|out_[02]:0", None, BOXES),
    (r"", r"no kernel", r"", None, "ONNX Runtime has no kernel for the op of these types"),
]

# Models that OpenVINO runs, but not as ONNX says, and why.
OPENVINO = {
    "digits_cnn_qnodes_full_tf115": "it computes f64 in f32 and i64 in i32",
    "digits_cnn_qnodes_frozen_tf115": "it computes f64 in f32 and i64 in i32",
}

# Models with random weights: their classes are so close to each other that the error of a few steps decides. In place of
# the winners, how far the logarithms of the probabilities move is judged: the standard deviation, as a part of theirs.
RANDOM_WEIGHTS = {
    "resnet50_lpot16_tf25": 0.15,
    "mobilenet_v2_nc26_tf215": 0.25,
    "densenet121_nc26_tf215": 0.1,
}


def reason(name, difference):
    """Why a graph of a name may differ so; None where it may not."""
    kind, output, _, off = difference
    for names, kinds, outputs, limit, why in KNOWN:
        if re.search(names, name) and re.fullmatch(kinds, kind) and re.fullmatch(outputs, output):
            if limit is None or off <= limit:
                return why
    return None
