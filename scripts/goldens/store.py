"""The files of testdata/goldens: index.json, <group>/<id>.pb and <group>/<id>.npz.

They are a function of the cases and of TensorFlow's outputs: sorted, and without times.
"""

import io
import json
import os
import zipfile

import numpy as np
from ml_dtypes import bfloat16

from case import ARRAY, Case

FORMAT = (
    "recorded with tensorflow-cpu 2.21.0, TF_ENABLE_ONEDNN_OPTS=1; "
    "quantized dtypes are stored in the npz as their plain integer types; bfloat16 and half as their uint16 bits; "
    "strings as their bytes, NAME.bytes, and where each ends, NAME.ends; a case with expected_error has no outputs, TensorFlow refuses it"
)


def stored(dtype):
    """The array type of the npz for one of TensorFlow's types."""
    return np.uint16 if ARRAY[dtype] in (np.float16, bfloat16) else ARRAY[dtype]


def read_index(directory):
    """The entries of index.json by their ids."""
    with open(os.path.join(directory, "index.json")) as f:
        return {e["id"]: e for e in json.load(f)["cases"]}


def write_index(directory, entries):
    cases = sorted(entries, key=lambda e: (e["group"], e["id"]))
    lines = ",\n".join(json.dumps(e, separators=(",", ":")) for e in cases)
    write(os.path.join(directory, "index.json"), f'{{\n"format": "{FORMAT}",\n"count": {len(cases)},\n"cases": [\n{lines}\n]\n}}\n'.encode())


def write(path, data):
    """Writes a file unless it has this content already; tells whether it wrote."""
    if os.path.exists(path):
        with open(path, "rb") as f:
            if f.read() == data:
                return False
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    return True


def pack(name, a):
    """An array as arrays of numbers: of strings, their bytes, and where each ends."""
    a = np.asarray(a)
    if a.dtype.kind not in "OS":
        return {name: a}
    flat = [bytes(s) for s in a.ravel()]
    return {
        name + ".bytes": np.frombuffer(b"".join(flat), np.uint8),
        name + ".ends": np.cumsum([len(s) for s in flat]).astype(np.int64).reshape(a.shape),
    }


def unpack(arrays, name):
    """The strings that pack made two arrays of."""
    data, ends = arrays[name + ".bytes"].tobytes(), arrays[name + ".ends"]
    starts = np.concatenate([[0], ends.ravel()])
    strings = np.empty(ends.size, object)
    strings[:] = [data[starts[i] : starts[i + 1]] for i in range(ends.size)]
    return strings.reshape(ends.shape)


def read_npz(path):
    with np.load(path) as z:
        arrays = {k: z[k] for k in z.files}
    for name in [k.removesuffix(".ends") for k in arrays if k.endswith(".ends")]:
        arrays[name] = unpack(arrays, name)
    return {k: a for k, a in arrays.items() if not k.endswith((".bytes", ".ends"))}


def write_npz(path, arrays):
    """Writes arrays unless the file holds them already: another zlib may pack alike
    arrays into other bytes."""
    if os.path.exists(path):
        old = read_npz(path)
        if sorted(old) == sorted(arrays) and all(identical(old[k], arrays[k]) for k in arrays):
            return False
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for name, array in [pair for k, a in arrays.items() for pair in pack(k, a).items()]:
            npy = io.BytesIO()
            np.lib.format.write_array(npy, np.asarray(array, order="C"), version=(1, 0))
            z.writestr(zipfile.ZipInfo(name + ".npy"), npy.getvalue(), zipfile.ZIP_DEFLATED, 9)
    return write(path, buffer.getvalue())


def identical(a, b):
    if a.dtype == object:
        return a.dtype == b.dtype and a.shape == b.shape and a.tolist() == b.tolist()
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def recorded_case(directory, entry):
    """The case of an entry whose definition is its own recorded graph and inputs."""
    with open(os.path.join(directory, entry["pb"]), "rb") as f:
        graph = f.read()
    arrays = read_npz(os.path.join(directory, entry["npz"]))
    feeds = {f["tensor"]: (f["dtype"], arrays[f["npz"]].view(ARRAY[f["dtype"]])) for f in entry["feeds"]}
    return Case(
        entry["id"], entry["group"], entry["op"], entry["attrs"], graph, feeds, [f["tensor"] for f in entry["fetches"]],
        entry.get("expected_error", False), entry.get("note", ""), entry=entry,
    )


def declared_entry(case, outputs, error):
    """The index entry of a declared case."""
    entry = {
        "id": case.id, "group": case.group, "op": case.op, "attrs": case.attrs,
        "pb": f"{case.group}/{case.id}.pb", "npz": f"{case.group}/{case.id}.npz",
        "feeds": [
            {"tensor": t, "npz": "in_" + t.removesuffix(":0"), "dtype": d} for t, (d, _) in case.feeds.items()
        ],
        "fetches": [
            {"tensor": t, "npz": f"out_{t.split(':')[1]}", "dtype": d} for t, (d, _) in outputs.items()
        ] or [{"tensor": t, "npz": "", "dtype": ""} for t in case.fetches or ["op:0"]],
        "source": case.source,
    }
    if case.note:
        entry["note"] = case.note
    if case.error:
        entry |= {"expected_error": True, "error": error}
    return entry
