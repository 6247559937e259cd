"""LiteRT, ONNX, StableHLO and TensorFlow Serving: what other programs compute with our files."""

import re

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import nets, shipped
from lowlevel.checks import CheckpointError, ConfigError, DataError
from lowlevel.exchange import litert, onnx_file, portable, serving_directory, stablehlo
from lowlevel.exchange.imported import preprocessing_of
from lowlevel.nets import bottle_autoencoder, bottle_encoder, grid_detector, mini_inception
from lowlevel.prediction import trained
from lowlevel.prediction.serving import TrainedNetwork
from lowlevel.training import tasks
from tests.comparison import assert_close, values_of
from tests.exchange import networks

SMALLER = {
    "bottle_autoencoder": bottle_autoencoder.of(
        bottle_encoder.Config((31, 31, 1), (8, 16, 32), (3, 3, 3), (2, 2, 2))
    ),
    "grid_detector": grid_detector.Config((32, 32, 1), 3, (4, 4, 4)),
    "mini_inception": mini_inception.Config((32, 32, 3), 10, 8, ((4, 4), (8,))),
}
WITH_TASKS = [*SMALLER, "conv_net", "digit_autoencoder", "mish_net", "mlp", "regression"]
WITH_TASKS += ["strided_net", "text_classifier", "vision_transformer"]
FAST = {"grid_detector", "mlp"}
every_network = pytest.mark.parametrize(
    "name", [n if n in FAST else pytest.param(n, marks=pytest.mark.slow) for n in WITH_TASKS]
)


def untrained(name):
    """A `TrainedNetwork` that is not trained."""
    network = nets.make(name, SMALLER.get(name), seed=2)
    classes = getattr(network.config, "num_classes", 0)
    config = {"class_names": ["x"] * classes, "preprocessing": preprocessing_of(network)}
    return TrainedNetwork(network, tasks.of_net(name, network.config), config, name)


def interpreter(path):
    """A LiteRT interpreter of a file."""
    library = pytest.importorskip("ai_edge_litert.interpreter", reason="needs ai-edge-litert")
    return library.Interpreter(model_path=str(path))


def run(path, inputs):
    """What LiteRT computes for a batch: arrays by name, as floats."""
    found = interpreter(path)
    found.resize_tensor_input(0, inputs.shape)
    runner = found.get_signature_runner("serving_default")
    ((name, about),) = runner.get_input_details().items()
    if about["dtype"] == np.int8:
        scale, zero = about["quantization"]
        inputs = np.clip(np.round(inputs / scale + zero), -128, 127).astype(np.int8)
    details = runner.get_output_details()
    return {
        name: _plain(array, *details[name]["quantization"])
        for name, array in runner(**{name: inputs}).items()
    }


def _plain(array, scale, zero):
    return (array.astype(np.float32) - zero) * scale if scale else array


def assert_answers(names, arrays, network, inputs):
    """Asserts that these are the network's answers."""
    expected = portable.function_of(network)(tf.constant(inputs))
    assert sorted(names) == sorted(expected)
    for name, array in zip(names, arrays, strict=True):
        if expected[name].dtype.is_integer:
            np.testing.assert_array_equal(array, expected[name])
        else:
            assert_close(array, expected[name], 1e-5)


@every_network
def test_litert(name, tmp_path):
    network = untrained(name)
    if name == "vision_transformer":
        with pytest.raises(
            CheckpointError, match=r"cannot become LiteRT, which lacks the ops (\w+, )?Erf\.$"
        ):
            litert.write(tmp_path / "net.tflite", network)
        return
    names = litert.write(tmp_path / "net.tflite", network)
    inputs = values_of(network.input_spec, 3)
    if name == "text_classifier":
        inputs = np.pad(inputs, [(0, 0), (0, litert.LENGTH - inputs.shape[1])], constant_values=-1)
    found = run(tmp_path / "net.tflite", inputs)
    assert_answers(names, [found[name] for name in names], network, inputs)


def test_litert_in_eight_bits(tmp_path, digits):
    network, test = networks.shipped_network(), digits.test
    images = test.images / np.float32(255)
    expected = network.serve(tf.constant(images))["class"]
    sizes = {}
    for kind in litert.KINDS:
        path = tmp_path / f"{kind}.tflite"
        examples = digits.train.images[:100] if kind == "int8" else None
        litert.write(path, network, kind, examples)
        found = run(path, images)
        assert np.mean(found["class"] == expected) > 0.99
        sizes[kind] = path.stat().st_size
        assert interpreter(path).get_input_details()[0]["dtype"] == (
            np.int8 if kind == "int8" else np.float32
        )
    assert sizes["dynamic"] < sizes["float32"] / 3
    assert sizes["int8"] < sizes["float32"] / 3


def test_mistakes_with_litert(tmp_path, digits):
    network, path = networks.shipped_network(), tmp_path / "net.tflite"
    with pytest.raises(ConfigError, match="int8 needs examples"):
        litert.write(path, network, "int8")
    with pytest.raises(ConfigError, match="examples are for int8; dynamic needs none"):
        litert.write(path, network, "dynamic", digits.test.images)
    with pytest.raises(
        DataError, match=r"examples must be \(None, 28, 28, 1\), not \(3, 8, 8, 1\)"
    ):
        litert.write(path, network, "int8", np.zeros((3, 8, 8, 1), np.uint8))
    with pytest.raises(ConfigError, match="the kind of LiteRT file must be one of"):
        litert.write(path, network, "int4")
    path.write_text("mine")
    with pytest.raises(CheckpointError, match="exists already"):
        litert.write(path, network)


def skip_before(version, what):
    found = tuple(int(part) for part in tf.__version__.split(".")[:2])
    if found < version:
        pytest.skip(f"{what} needs TensorFlow {version[0]}.{version[1]}")


def onnx_runtime():
    skip_before((2, 18), "onnx")
    pytest.importorskip("tf2onnx", reason="needs tf2onnx, of the extra onnx")
    return pytest.importorskip("onnxruntime", reason="needs onnxruntime, of the extra onnx")


@every_network
def test_onnx(name, tmp_path):
    runtime = onnx_runtime()
    network = untrained(name)
    names = onnx_file.write(tmp_path / "net.onnx", network)
    session = runtime.InferenceSession(tmp_path / "net.onnx")
    for batch in (1, 3):
        inputs = values_of(network.input_spec, batch)
        arrays = session.run(names, {session.get_inputs()[0].name: inputs})
        assert_answers(names, arrays, network, inputs)


def test_onnx_on_real_images(tmp_path, digits):
    runtime = onnx_runtime()
    network = networks.shipped_network()
    onnx_file.write(tmp_path / "net.onnx", network)
    images = digits.test.images / np.float32(255)
    session = runtime.InferenceSession(tmp_path / "net.onnx")
    (logits,) = session.run(["logits"], {"images": images})
    np.testing.assert_allclose(logits, network.network(images), atol=1e-5)


def test_stablehlo(tmp_path):
    skip_before((2, 19), "StableHLO")
    path = tmp_path / "net.stablehlo"
    stablehlo.write(path, networks.shipped_network(), batch_size=4)
    text = path.read_text()
    arguments = dict(re.findall(r"^// (%arg\d+) of main is (\S+)$", text, re.M))
    (main,) = re.findall(r"^ *func\.func @main\((.*)$", text, re.M)
    shapes = dict(re.findall(r"(%arg\d+): tensor<(\w+)>", main))
    assert arguments.keys() == shapes.keys()
    variables = networks.shipped_network().variables
    assert shapes.pop("%arg0") == "4x28x28x1xf32"
    for argument, shape in shapes.items():
        sizes = variables[arguments[argument]].shape.as_list()
        assert shape == "x".join(map(str, [*sizes, "f32"]))
    assert re.search(r"stablehlo\.convolution.*// c1/Conv2D$", text, re.M)
    assert "loc(" not in text
    assert "/python" not in text


def test_serving_directory(tmp_path):
    protos = pytest.importorskip(
        "tensorflow_serving.apis.prediction_log_pb2", reason="needs tensorflow-serving-api"
    )
    version = serving_directory.write(shipped.MNIST, tmp_path / "digits")
    assert version == tmp_path / "digits" / "1"
    model = tf.saved_model.load(str(version))
    records = tf.data.TFRecordDataset(str(version / "assets.extra" / "tf_serving_warmup_requests"))
    seen = set()
    for record in records.as_numpy_iterator():
        request = protos.PredictionLog.FromString(record).predict_log.request
        assert request.model_spec.name == "digits"
        signature = request.model_spec.signature_name
        inputs = {
            key: tf.io.parse_tensor(value.SerializeToString(), tf.as_dtype(value.dtype))
            for key, value in request.inputs.items()
        }
        answers = model.signatures[signature](**inputs)
        seen.add((signature, len(answers["class"])))
    assert seen == {(s, b) for s in ("serving_default", "float_images") for b in (1, 32)}
    assert trained.load(version).sha256 == trained.load(shipped.MNIST).sha256
    assert serving_directory.write(shipped.MNIST, tmp_path / "digits").name == "2"
    (tmp_path / "digits" / "notes.txt").write_text("mine")
    with pytest.raises(CheckpointError, match=r"holds notes\.txt, which is no version"):
        serving_directory.write(shipped.MNIST, tmp_path / "digits")
