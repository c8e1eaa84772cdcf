"""Judges one ONNX model: onnx.checker, and ONNX Runtime's results beside those of tf2ng."""

import numpy as np
import onnx
import onnxruntime as ort

ort.set_default_logger_severity(4)
INTEGERS = "iub"
# How far a real may be off that differs "in the last bits", as a part of the largest of its tensor.
LAST_BITS = {np.dtype(np.float16): 2e-3}
OTHERS = 1e-5


def check(path):
    """Checks a model with full shape inference; returns what is wrong, or ''."""
    try:
        onnx.checker.check_model(path, full_check=True)
        onnx.shape_inference.infer_shapes(onnx.load(path), strict_mode=True, data_prop=True)
    except Exception as error:
        return str(error)
    return ""


def session(path, threads=1):
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class Verdict:
    """What became of a graph: a kind ('' if it is fine), details, and shares of integers off by one."""

    def __init__(self, kind="", details="", worst=0, off=0.0):
        self.kind, self.details, self.worst, self.off = kind, details, worst, off


def graph(directory, entry):
    """Judges a graph of index.json."""
    path = f"{directory}/{entry['file']}"
    wrong = check(path + ".onnx")
    if wrong:
        return Verdict("checker", wrong)
    arrays = np.load(path + ".npz")
    try:
        s = session(path + ".onnx")
    except Exception as error:
        return Verdict("no kernel" if "NOT_IMPLEMENTED" in str(error) else "not loaded", str(error))
    types = {i.name: i.type for i in s.get_inputs()}
    feeds = {}
    for i, name in enumerate(entry["inputs"]):
        if name in types:
            x = arrays[f"x{i}"]
            feeds[name] = x.view(np.float16) if types[name] == "tensor(float16)" and x.dtype == np.uint16 else x
    try:
        got = s.run(entry["outputs"], feeds)
    except Exception as error:
        return Verdict("not run", str(error))
    whole = Verdict()
    for i, y in enumerate(got):
        one = compare(y, arrays[f"y{i}"], entry)
        if one.kind:
            return one
        whole.worst, whole.off = max(whole.worst, one.worst), max(whole.off, one.off)
    return whole


def compare(got, want, entry):
    """Compares an output as the report promises."""
    if got.dtype == np.float16 and want.dtype == np.uint16:
        want = want.view(np.float16)
    if got.dtype != want.dtype or got.shape != want.shape:
        return Verdict("type", f"got {got.dtype}{got.shape}, want {want.dtype}{want.shape}")
    if want.size == 0:
        return Verdict()
    fidelity = entry["fidelity"]
    if want.dtype.kind in INTEGERS:
        steps = np.abs(got.astype(np.float64) - want.astype(np.float64))
        worst, off = int(steps.max()), float((steps > 0).mean())
        if worst > (0 if fidelity == "exact" else 1):
            return Verdict("differs", f"{fidelity}: off by up to {worst}, {off:.2%} of the elements", worst, off)
        return Verdict("", "", worst, off)
    if (np.isnan(got) != np.isnan(want)).any():
        return Verdict("NaN", "NaN in other places")
    same = (got == want) | np.isnan(want)
    with np.errstate(all="ignore"):
        difference = np.where(same, 0, np.abs(got.astype(np.float64) - want.astype(np.float64)))
        part = difference.max() / max(np.where(np.isfinite(want), np.abs(want.astype(np.float64)), 0).max(), 1e-30)
    allowed = {"exact": 0, "within one step": 1 / 100}.get(fidelity, LAST_BITS.get(want.dtype, OTHERS))
    if not part <= allowed:
        return Verdict("differs", f"{fidelity}: off by {part:.2g} of the largest")
    return Verdict()
