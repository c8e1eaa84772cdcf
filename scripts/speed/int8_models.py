"""Makes int8.pb of a model: neural-compressor's quantization of the float parent for TensorFlow.

    python int8_models.py DIRECTORY MODEL ...

The parent is made again, by the TensorFlow of this environment: neural-compressor fuses more of its graphs.
"""

import os
import sys
import tempfile

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402
from neural_compressor import PostTrainingQuantConfig, quantization, set_workspace  # noqa: E402

import parents  # noqa: E402


class Images:
    """What neural-compressor takes for a loader of data."""

    batch_size = 1

    def __init__(self, images):
        self.images = images

    def __iter__(self):
        return ((x, [0]) for x in np.split(self.images, len(self.images)))

    def __len__(self):
        return len(self.images)


def quantize(name, images, path):
    with tempfile.TemporaryDirectory() as folder:
        set_workspace(folder)
        parents.save_graph(name, images, f"{folder}/parent.pb")
        config = PostTrainingQuantConfig(calibration_sampling_size=[len(images)])
        model = quantization.fit(f"{folder}/parent.pb", config, calib_dataloader=Images(images))
        with open(path, "wb") as f:
            f.write(model.graph_def.SerializeToString())


def main(directory, *names):
    images = np.load(f"{directory}/images.npy")
    for name in names:
        os.makedirs(f"{directory}/{name}", exist_ok=True)
        parents.once(f"{directory}/{name}/int8.pb", lambda path: quantize(name, images, path))


if __name__ == "__main__":
    main(*sys.argv[1:])
