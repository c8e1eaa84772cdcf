"""Quantizes parent.onnx with ONNX Runtime's own tool: qoperator.onnx and qdq.onnx beside it.

    python onnxruntime_models.py DIRECTORY MODEL ...

uint8 activations and int8 weights per channel: it has no fast kernels for int8 activations on x86.
"""

import logging
import os
import sys

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

logging.disable(logging.WARNING)


class Images(CalibrationDataReader):
    def __init__(self, name, images):
        self.left = [{name: x} for x in np.split(images.transpose(0, 3, 1, 2), len(images))]

    def get_next(self):
        return self.left.pop() if self.left else None


def quantize(folder, images, form, path):
    prepared = path + ".prepared"
    quant_pre_process(f"{folder}/parent.onnx", prepared, skip_symbolic_shape=True)
    name = onnx.load(prepared).graph.input[0].name
    quantize_static(prepared, path, Images(name, images), quant_format=form, per_channel=True,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    os.remove(prepared)


def main(directory, *names):
    images = np.load(f"{directory}/images.npy")
    for name in names:
        folder = f"{directory}/{name}"
        for file, form in (("qoperator.onnx", QuantFormat.QOperator), ("qdq.onnx", QuantFormat.QDQ)):
            path = f"{folder}/{file}"
            if not os.path.exists(path):
                quantize(folder, images, form, path + ".part")
                os.rename(path + ".part", path)
                print(path, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
