"""OpenVINO; see worker.py."""

import os

os.environ["CI"] = "true"  # without it OpenVINO reports to its makers

import openvino as ov  # noqa: E402

import worker  # noqa: E402

core = ov.Core()
PRODUCTS = ("Convolution", "GroupConvolution", "FullyConnected", "MatMul")


def load(path, batch, threads, kernel):
    model = core.read_model(path)
    shapes = {port: [d.get_length() if d.is_static else batch for d in port.partial_shape] for port in model.inputs}
    model.reshape(shapes)
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "PERF_COUNT": kernel}
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    # The inputs are the request's own tensors, so that nothing is copied before a call.
    for port in request.model_inputs:
        tensor = request.get_tensor(port)
        tensor.data[:] = worker.values(tensor.shape, tensor.element_type.to_dtype())

    def product():
        info = [n for n in request.get_profiling_info() if n.node_type in PRODUCTS and n.status == ov.ProfilingInfo.Status.EXECUTED]
        if len(info) != 1 or not info[0].exec_type.endswith("I8"):
            raise ValueError(f"not computed in int8, but as {[n.exec_type for n in info]}")
        return info[0].real_time.total_seconds() * 1e3

    return request.infer, product if kernel else None


worker.serve(ov.__version__.split("-")[0], load)
