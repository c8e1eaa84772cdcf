"""ONNX Runtime; see worker.py."""

import onnxruntime

import worker

onnxruntime.set_default_logger_severity(4)
TYPES = {"tensor(float)": "float32", "tensor(uint8)": "uint8", "tensor(int8)": "int8", "tensor(int32)": "int32", "tensor(int64)": "int64"}


def load(path, batch, threads, kernel):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feeds = {}
    for i in session.get_inputs():
        shape = [d if isinstance(d, int) else batch for d in i.shape]
        feeds[i.name] = worker.values(shape, TYPES[i.type])
    return lambda: session.run(None, feeds), None


worker.serve(onnxruntime.__version__, load)
