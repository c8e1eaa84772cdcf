"""The recorded graphs whose ONNX models part from tf2ng in ONNX Runtime, and why."""

import re

# A pattern of names, the kind of difference, and the reason.
KNOWN = [
    (r"argmax_nan|max_nan|min_nan|maxpool_nan", "differs|NaN", "ONNX leaves open what becomes of NaN"),
    (r"sign_half", "NaN|differs", "ONNX Runtime's Sign of a NaN of 16 bits is one"),
    (r"mean_empty", "NaN", "ONNX leaves open what the mean of nothing is"),
    (r"reshape_inferred_of_empty", "checker", "ONNX infers no dimension of a tensor without elements"),
    (r"uniformconvolution_.*_channels_", "not run", "ONNX Runtime's ConvInteger has one zero point for all filters"),
    (r"ssd_", "differs", "the last bits of a resized image decide an integer behind it, and that which boxes are kept"),
    (r"lstm_neural_compressor", "died", "ONNX Runtime aborts: it moves a DequantizeLinear to where a Loop reads it"),
    (r"", "no kernel", "ONNX Runtime has no kernel for the op of these types"),
]

# Models that OpenVINO runs, but not as ONNX says, and why.
OPENVINO = {
    "digits_cnn_qnodes_full_tf115": "it computes f64 in f32 and i64 in i32",
    "digits_cnn_qnodes_frozen_tf115": "it computes f64 in f32 and i64 in i32",
}


def reason(name, kind):
    """Why a graph of a name may differ so; None where it may not."""
    for names, kinds, why in KNOWN:
        if re.search(names, name) and re.fullmatch(kinds, kind):
            return why
    return None
