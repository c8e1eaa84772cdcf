"""Quantizes parent.pb with NNCF for OpenVINO: openvino_b1.xml and openvino_b8.xml beside it.

    python openvino_models.py DIRECTORY MODEL ...
"""

import os
import sys

os.environ["CI"] = "true"  # without it OpenVINO reports each conversion to its makers

import nncf  # noqa: E402
import numpy as np  # noqa: E402
import openvino as ov  # noqa: E402


def main(directory, *names):
    images = np.load(f"{directory}/images.npy")
    for name in names:
        paths = {batch: f"{directory}/{name}/openvino_b{batch}.xml" for batch in (1, 8)}
        if all(map(os.path.exists, paths.values())):
            continue
        model = ov.convert_model(f"{directory}/{name}/parent.pb")
        data = nncf.Dataset(list(np.split(images, len(images))))
        quantized = nncf.quantize(model, data, preset=nncf.QuantizationPreset.PERFORMANCE, subset_size=len(images))
        for batch, path in paths.items():
            quantized.reshape([batch, *images.shape[1:]])
            ov.save_model(quantized, path)
            print(path, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
