"""Judges one ONNX model: onnx.checker, and ONNX Runtime's results beside those of tf2ng."""

import collections

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
    """What became of a graph: differences that its report does not allow, and how integers are off.

    A difference is a kind, an output ("" for the whole graph), details, and how far the output is off: integers in
    steps, reals as a part of the largest. steps counts the elements of integers by how many steps they are off."""

    def __init__(self):
        self.differences, self.steps = [], collections.Counter()

    def add(self, kind, output, details, off=0.0):
        self.differences.append((kind, output, details, off))
        return self

    @property
    def worst(self):
        return max((n for n, elements in self.steps.items() if elements), default=0)


def graph(directory, entry):
    """Judges a graph of index.json."""
    path, verdict = f"{directory}/{entry['file']}.onnx", Verdict()
    wrong = check(path)
    if wrong:
        return verdict.add("checker", "", wrong)
    arrays = np.load(f"{directory}/{entry['arrays']}.npz")
    try:
        s = session(path)
    except Exception as error:
        return verdict.add("no kernel" if "NOT_IMPLEMENTED" in str(error) else "not loaded", "", str(error))
    types = {i.name: i.type for i in s.get_inputs()}
    feeds = {}
    for i, name in enumerate(entry["inputs"]):
        if name in types:
            x = arrays[f"x{i}"]
            feeds[name] = x.view(np.float16) if types[name] == "tensor(float16)" and x.dtype == np.uint16 else x
    try:
        got = s.run(entry["outputs"], feeds)
    except Exception as error:
        return verdict.add("not run", "", str(error))
    for i, (name, y) in enumerate(zip(entry["outputs"], got)):
        compare(y, arrays[f"y{i}"], name, entry["fidelity"], verdict)
    return verdict


def compare(got, want, output, fidelity, verdict):
    """Compares an output as the report promises."""
    if got.dtype == np.float16 and want.dtype == np.uint16:
        want = want.view(np.float16)
    if got.dtype != want.dtype or got.shape != want.shape:
        verdict.add("type", output, f"got {got.dtype}{got.shape}, want {want.dtype}{want.shape}")
        return
    if want.size == 0:
        return
    if want.dtype.kind in INTEGERS:
        steps = distances(got, want)
        verdict.steps += steps
        worst = max(steps)
        if worst > (0 if fidelity == "exact" else 1):
            verdict.add("differs", output, f"{fidelity}: off by up to {worst}", worst)
        return
    if (np.isnan(got) != np.isnan(want)).any():
        verdict.add("NaN", output, "NaN in other places")
        return
    same = (got == want) | np.isnan(want)
    with np.errstate(all="ignore"):
        difference = np.where(same, 0, np.abs(got.astype(np.float64) - want.astype(np.float64)))
        part = difference.max() / max(np.where(np.isfinite(want), np.abs(want.astype(np.float64)), 0).max(), 1e-30)
    allowed = {"exact": 0, "within one step": 1 / 100}.get(fidelity, LAST_BITS.get(want.dtype, OTHERS))
    if not part <= allowed:
        verdict.add("differs", output, f"{fidelity}: off by {part:.2g} of the largest", part)


def distances(got, want):
    """Counts the elements of integers by how many steps they are off."""
    steps, elements = np.unique(np.abs(got.astype(np.int64) - want.astype(np.int64)), return_counts=True)
    return collections.Counter(dict(zip(steps.tolist(), elements.tolist())))


def within(directory, entries, path, x):
    """Runs a whole model, and counts the elements of its tensors of bytes by how many steps they are off there.

    entries are those of the model's nodes alone, whose arrays hold what the tensors should be."""
    model = onnx.load(path)
    tensors = {name for n in model.graph.node for name in n.output}
    names = collections.Counter(e["name"] for e in entries if e["form"] == "qdq")
    marked = {}
    for e in entries:
        if names[e["name"]] > 1:  # nodes of one TensorFlow node, whose tensors cannot be told apart by name
            continue
        want = np.load(f"{directory}/{e['arrays']}.npz")["y0"] if e["form"] == "qdq" and e["outputs"] else None
        if want is None or want.dtype not in (np.uint8, np.int8):
            continue
        stored = "/u8" if want.dtype == np.int8 else ""
        for form in ["/nchw" + stored, stored]:
            if f"{e['name']}:0{form}" in tensors:
                marked[f"{e['name']}:0{form}"] = want
                break
    known = {o.name for o in model.graph.output}
    model.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.UINT8, None) for name in marked if name not in known
    )
    s = session(model.SerializeToString())
    steps = collections.Counter()
    for (name, want), got in zip(marked.items(), s.run(list(marked), {s.get_inputs()[0].name: x})):
        if "/nchw" in name:
            got = np.moveaxis(got, 1, -1)
        steps += distances(got, want.astype(np.int16) + (128 if want.dtype == np.int8 else 0))
    return steps
