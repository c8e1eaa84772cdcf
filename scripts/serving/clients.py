"""Real clients against tf2ng serve: tensorflow-serving-api over gRPC, plain HTTP, grpc's health.

    python scripts/serving/clients.py bin/tf2ng

It serves the SavedModels of testdata/savedmodels and a frozen graph, without and with batching, and holds
every answer, to the bit, against what `tf2ng run` makes of the same inputs, which the repository's tests
hold against TensorFlow.
"""

import gzip
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)
from tensorflow_serving.config import model_server_config_pb2

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ROOT / "testdata" / "savedmodels"
DIGITS = ROOT / "testdata" / "graphdefs" / "digits_mix_lpot16_tf25.pb"
DIGITS_DATA = ROOT / "testdata" / "graphdefs" / "digits_mix_lpot16_tf25.tf221.npz"
PORT, REST = 28500, 28501
TIMEOUT = 30

passed = failed = 0


def check(name, ok, detail=""):
    """Counts a check, and prints one that fails."""
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {name}: {detail}")


def same(a, b):
    """Whether two arrays have the same type, shape and bits."""
    a, b = np.asarray(a), np.asarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


class Server:
    """tf2ng serve, as long as the with statement lasts."""

    def __init__(self, program, *flags):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [program, "serve", f"--port={PORT}", f"--rest_api_port={REST}", *flags], stderr=self.log, stdout=self.log
        )
        self.channel = grpc.insecure_channel(f"127.0.0.1:{PORT}", [("grpc.max_receive_message_length", -1)])
        self.predict = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.models = model_service_pb2_grpc.ModelServiceStub(self.channel)
        self.health = health_pb2_grpc.HealthStub(self.channel)

    def __enter__(self):
        for _ in range(300):
            try:
                if self.health.Check(health_pb2.HealthCheckRequest(), timeout=1).status == 1:
                    return self
            except grpc.RpcError:
                pass
            time.sleep(0.1)
        self.process.kill()
        self.process.wait()
        self.log.seek(0)
        raise SystemExit("the server did not become ready:\n" + self.log.read())

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        check("exit code after SIGTERM", code == 0, code)
        self.channel.close()


def request(model, inputs, signature="", content=True, version=None):
    r = predict_pb2.PredictRequest()
    r.model_spec.name, r.model_spec.signature_name = model, signature
    if version is not None:
        r.model_spec.version.value = version
    for name, x in inputs.items():
        p = tf.make_tensor_proto(x)
        if not content and x.dtype == np.float32:  # the other form of the message
            p.ClearField("tensor_content")
            p.float_val[:] = x.ravel().tolist()
        r.inputs[name].CopyFrom(p)
    return r


def http(path, body=None, headers=None):
    """Sends a request, and returns the status and the answer."""
    r = urllib.request.Request(f"http://127.0.0.1:{REST}{path}", body, headers or {})
    try:
        with urllib.request.urlopen(r, timeout=TIMEOUT) as answer:
            data = answer.read()
            if answer.headers.get("Content-Encoding") == "gzip":
                data = gzip.decompress(data)
            return answer.status, data.decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()


def run(program, model, signature, inputs, folder):
    """What tf2ng run makes of inputs."""
    flags = ["--signature", signature] if signature else []
    for name, x in inputs.items():
        path = folder / f"{name}.npy"
        np.save(path, x)
        flags += ["--input", f"{name}={path}"]
    out = folder / "out.npz"
    subprocess.run([program, "run", str(model), "--out", str(out), *flags], check=True, capture_output=True)
    with np.load(out) as z:
        return {name.removesuffix(":0"): z[name] for name in z.files}


def case_inputs(metadata, signature, rng):
    """Random inputs for a signature; none if it takes strings."""
    inputs = {}
    for name, info in metadata[signature].inputs.items():
        dtype = tf.dtypes.as_dtype(info.dtype)
        if dtype == tf.string or info.tensor_shape.unknown_rank:
            return None
        shape = [d.size if d.size >= 0 else 3 for d in info.tensor_shape.dim]
        if dtype.is_floating:
            inputs[name] = rng.normal(size=shape).astype(dtype.as_numpy_dtype)
        else:
            inputs[name] = rng.integers(0, 2, size=shape).astype(dtype.as_numpy_dtype)
    return inputs


def saved(entry):
    """The MetaGraphDef of a SavedModel, as TensorFlow reads its file."""
    directory, message = MODELS / entry["name"] / "model", saved_model_pb2.SavedModel()
    if (directory / "saved_model.pb").exists():
        message.ParseFromString((directory / "saved_model.pb").read_bytes())
    else:
        text_format.Parse((directory / "saved_model.pbtxt").read_text(), message)
    return next(g for g in message.meta_graphs if list(g.meta_info_def.tags) == entry["tags"])


def documents(message):
    """What a message tells of its signatures: the values of defaults may stand in two fields of a tensor."""
    all = {}
    for name, signature in message.signature_def.items():
        defaults = {k: tf.make_ndarray(t).tolist() for k, t in signature.defaults.items()}
        plain = type(signature)()
        plain.CopyFrom(signature)
        plain.ClearField("defaults")
        all[name] = (plain, defaults)
    return all


def predictions(server, program, folder):
    """Every signature of every model, over gRPC and REST, equals tf2ng run."""
    rng = np.random.default_rng(13)
    compared = 0
    for entry in json.loads((MODELS / "index.json").read_text()):
        name = entry["name"]
        r = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        r.model_spec.name = name
        answer = server.predict.GetModelMetadata(r, timeout=TIMEOUT)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        answer.metadata["signature_def"].Unpack(signatures)
        check(f"{name}: signatures", documents(signatures) == documents(saved(entry)), signatures)
        for signature in entry["signatures"]:
            inputs = case_inputs(signatures.signature_def, signature, rng)
            if inputs is None:
                continue
            what = f"{name} {signature}"
            try:
                want = run(program, MODELS / name / "model", signature, inputs, folder)
            except subprocess.CalledProcessError as e:  # inputs that do not fit together
                print(f"left out: {what}: {e.stderr.decode().strip()}")
                continue
            for content in (True, False):
                got = server.predict.Predict(request(name, inputs, signature, content), timeout=TIMEOUT)
                check(what + " version", got.model_spec.version.value == 1)
                for alias, x in want.items():
                    check(f"{what} {alias}", same(tf.make_ndarray(got.outputs[alias]), x))
                    compared += 1
            columns(what, name, signature, inputs, want)
    check("signatures compared", compared > 40, compared)


def columns(what, name, signature, inputs, want):
    """The column form over REST: decimals that mean the same bits."""
    body = {"signature_name": signature, "inputs": {k: v.tolist() for k, v in inputs.items()}}
    status, text = http(f"/v1/models/{name}:predict", json.dumps(body).encode())
    check(f"{what} REST", status == 200, text)
    if status != 200:
        return
    got = json.loads(text)["outputs"]
    if len(want) == 1:
        got = {next(iter(want)): got}
    for alias, x in want.items():
        check(f"{what} {alias} REST", same(np.array(got[alias], dtype=x.dtype).reshape(x.shape), x))


def digits(server, program, folder):
    """A frozen graph: rows, compression, large messages, output filters, many clients at once."""
    with np.load(DIGITS_DATA) as z:
        x = z["x8"]
    want = run(program, DIGITS, "", {"input": x}, folder)["Identity"]
    got = server.predict.Predict(request("digits", {"input": x}), timeout=TIMEOUT, compression=grpc.Compression.Gzip)
    check("digits gRPC", same(tf.make_ndarray(got.outputs["Identity"]), want))
    body = json.dumps({"instances": x.tolist()}).encode()
    status, text = http("/v1/models/digits:predict", body)
    check("digits REST", status == 200 and same(np.array(json.loads(text)["predictions"], np.float32), want), text[:200])
    headers = {"Content-Encoding": "gzip", "Accept-Encoding": "gzip"}
    status, text = http("/v1/models/digits/versions/1:predict", gzip.compress(body), headers)
    check("digits REST gzip", status == 200 and same(np.array(json.loads(text)["predictions"], np.float32), want))
    large = np.tile(x, (4000, 1, 1, 1))  # 8 MB: more than grpc's own limit of 4
    got = server.predict.Predict(request("digits", {"input": large}), timeout=TIMEOUT)
    check("digits 32000 rows", same(tf.make_ndarray(got.outputs["Identity"]), np.tile(want, (4000, 1))))

    def ask(i):
        rows = x[: 1 + i % 8]
        for _ in range(20):
            answer = server.predict.Predict(request("digits", {"input": rows}), timeout=TIMEOUT)
            check("digits at once", same(tf.make_ndarray(answer.outputs["Identity"]), want[: 1 + i % 8]))

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def fails(name, call, codes, phrase):
    """The call must fail with one of the codes (one, or a tuple), and with a text that holds the phrase."""
    codes = codes if isinstance(codes, tuple) else (codes,)
    try:
        call()
        check(name, False, "no error")
    except grpc.RpcError as e:
        check(name, e.code() in codes and phrase in e.details(), f"{e.code()} {e.details()}")


def errors(server):
    """Codes and phrases as TensorFlow Serving's clients know them."""
    x = np.zeros([1, 8, 8, 1], np.float32)
    predict = lambda *a, **k: (lambda: server.predict.Predict(request(*a, **k), timeout=TIMEOUT))
    code = grpc.StatusCode
    fails("no model", predict("none", {"input": x}), code.NOT_FOUND, "Servable not found for request: Latest(none)")
    fails("no version", predict("digits", {"input": x}, version=9), code.NOT_FOUND, "Specific(digits, 9)")
    fails("no signature", predict("digits", {"input": x}, "s"), code.FAILED_PRECONDITION, 'key "s" not found.')
    fails("no input", predict("digits", {"z": x}), code.INVALID_ARGUMENT, "not found in request and no default value provided")
    fails("missing", predict("digits", {}), code.INVALID_ARGUMENT, "Missing but required: {input}.")
    fails("type", predict("digits", {"input": x.astype(np.int32)}), code.INVALID_ARGUMENT, "to be float but int32 is")
    fails("shape", predict("digits", {"input": x[0]}), code.INVALID_ARGUMENT, "got shape")
    late = lambda: server.predict.Predict(request("digits", {"input": np.tile(x, (20000, 1, 1, 1))}), timeout=0.002)
    # grpc-go's server resets a stream at its deadline; a client whose own clock is a moment behind calls that CANCELLED.
    fails("deadline", late, (code.DEADLINE_EXCEEDED, code.CANCELLED), "")
    status, text = http("/v1/models/none:predict", b'{"instances": [1]}')
    check("REST no model", status == 404 and "Servable not found" in json.loads(text)["error"], text)
    status, text = http("/v1/models/digits:predict", b'{"instances": "x"}')
    check("REST no list", status == 400 and "error" in json.loads(text), text)


def examples(server):
    """Classify, Regress and MultiInference, with the classes of tensorflow-serving-api."""
    e = tf.train.Example(features=tf.train.Features(feature={
        "inputs": tf.train.Feature(float_list=tf.train.FloatList(value=[i / 8 for i in range(10)])),
    }))
    c = classification_pb2.ClassificationRequest()
    c.model_spec.name = "tf1_estimator"
    c.input.example_list.examples.extend([e, e])
    r = regression_pb2.RegressionRequest()
    r.model_spec.name, r.model_spec.signature_name = "tf1_estimator", "regression"
    r.input.CopyFrom(c.input)
    m = inference_pb2.MultiInferenceRequest()
    m.input.CopyFrom(c.input)
    for spec, method in ((c.model_spec, "classify"), (r.model_spec, "regress")):
        task = m.tasks.add()
        task.model_spec.CopyFrom(spec)
        task.method_name = f"tensorflow/serving/{method}"
    try:
        classes = server.predict.Classify(c, timeout=TIMEOUT)
        values = server.predict.Regress(r, timeout=TIMEOUT)
        both = server.predict.MultiInference(m, timeout=TIMEOUT)
    except grpc.RpcError as error:
        check("examples", False, error.details())
        return
    check("Classify", len(classes.result.classifications) == 2, classes)
    check("Regress", len(values.result.regressions) == 2, values)
    check("MultiInference classes", both.results[0].classification_result == classes.result, both)
    check("MultiInference values", both.results[1].regression_result == values.result, both)


def management(server):
    """Status, and another configuration that comes and goes."""
    r = get_model_status_pb2.GetModelStatusRequest()
    r.model_spec.name = "digits"
    status = server.models.GetModelStatus(r, timeout=TIMEOUT)
    check("status", status.model_version_status[0].state == 30, status)
    reload = model_management_pb2.ReloadConfigRequest()
    reload.config.model_config_list.config.add(
        name="again", base_path=str(server.base / "digits"), model_platform="tensorflow"
    )
    answer = server.models.HandleReloadConfigRequest(reload, timeout=TIMEOUT)
    check("reload", answer.status.error_code == 0, answer)
    x = np.zeros([1, 8, 8, 1], np.float32)
    server.predict.Predict(request("again", {"input": x}), timeout=TIMEOUT)
    fails("gone", lambda: server.predict.Predict(request("digits", {"input": x}), timeout=TIMEOUT),
          grpc.StatusCode.NOT_FOUND, "Servable not found")


def lay_out(base):
    """Base paths with version 1 of each model, and the configuration that names them."""
    config = model_server_config_pb2.ModelServerConfig()
    for entry in json.loads((MODELS / "index.json").read_text()):
        shutil.copytree(MODELS / entry["name"] / "model", base / entry["name"] / "1")
        config.model_config_list.config.add(name=entry["name"], base_path=str(base / entry["name"]))
    (base / "digits" / "1").mkdir(parents=True)
    shutil.copy(DIGITS, base / "digits" / "1")
    config.model_config_list.config.add(name="digits", base_path=str(base / "digits"), model_platform="tensorflow")
    (base / "models.config").write_text(text_format.MessageToString(config))
    (base / "batching.config").write_text(
        "max_batch_size { value: 32 } batch_timeout_micros { value: 500 } max_enqueued_batches { value: 1000000 }"
    )


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as t:
        base = pathlib.Path(t)
        lay_out(base)
        folder = base / "tmp"
        folder.mkdir()
        config = f"--model_config_file={base / 'models.config'}"
        for name, flags in (
            ("alone", []),
            ("batched", ["--enable_batching=true", f"--batching_parameters_file={base / 'batching.config'}"]),
        ):
            begin = time.time()
            with Server(program, config, *flags) as server:
                server.base = base
                predictions(server, program, folder)
                digits(server, program, folder)
                errors(server)
                examples(server)
                management(server)
            print(f"{name}: {time.time() - begin:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
