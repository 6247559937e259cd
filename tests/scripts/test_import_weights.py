"""export.py and import_weights.py as a person runs them: out, in, and the same predictions."""

import numpy as np
import pytest
from PIL import Image

from lowlevel import shipped
from lowlevel.data import digits
from lowlevel.prediction import trained
from tests.scripts import tools

pytest.importorskip("safetensors", reason="needs safetensors, of the extra test")
SHIPPED = shipped.MNIST


@pytest.fixture
def run_script(monkeypatch, capfd):
    return lambda name, *arguments: tools.run_here(name, arguments, monkeypatch, capfd)


def test_weights_go_out_and_come_in(run_script, tmp_path):
    keras, weights = tmp_path / "a.keras", tmp_path / "a.weights.h5"
    ours, pytorch = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    options = ("--keras", keras, "--safetensors", ours, "--pytorch", pytorch)
    result = run_script("export.py", SHIPPED, *options, "--stablehlo", tmp_path / "a.txt")
    assert (result.status, result.err) == (0, "")
    for line in ("layers/conv2d_2/vars/1  [32]", "d1.weight   [128, 1568]", "wrote"):
        assert line in result.out
    assert run_script("export.py", SHIPPED, "--keras", weights).status == 0
    expected = trained.load(SHIPPED)
    for number, file in enumerate((keras, weights, ours, pytorch)):
        like = () if file is ours else ("--like", SHIPPED)
        result = run_script("import_weights.py", file, tmp_path / f"run{number}", *like)
        assert (result.status, result.err) == (0, "")
        assert result.out.count("weights/c1   [3, 3, 1, 16]  ") == 1
        found = trained.load(tmp_path / f"run{number}")
        assert found.sha256 == expected.sha256
        assert found.config["preprocessing"] == expected.config["preprocessing"]
        assert found.config["about"]["imported_from"] == file.name
    image = tmp_path / "seven.png"
    Image.fromarray(digits.load().test.images[7][..., 0]).save(image)
    outputs = [run_script("predict.py", run, image).out for run in (SHIPPED, tmp_path / "run0")]
    assert outputs[0] == outputs[1]
    assert run_script("summary.py", tmp_path / "run0").status == 0


def test_litert_from_image_files(run_script, tmp_path):
    paths = []
    for number, image in enumerate(digits.load().train.images[:20]):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(image[..., 0]).save(paths[-1])
    words = ("--litert", tmp_path / "a.tflite", "--quantize", "int8", "--representative", *paths)
    result = run_script("export.py", SHIPPED, *words)
    assert (result.status, result.err) == (0, "")
    assert "outputs: class, logits, probabilities" in result.out


def test_mistakes_get_a_sentence(run_script, tmp_path):
    file, run = tmp_path / "a.safetensors", tmp_path / "run"
    assert run_script("export.py", SHIPPED, "--pytorch", file).status == 0
    (tmp_path / "a.pt").write_bytes(b"")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("keep me")
    export, take = ("export.py", SHIPPED), "import_weights.py"
    for words, message in (
        ((*export, "--keras", "a.h5"), "needs the name of a .keras or .weights.h5 file"),
        ((*export, "--litert", "a.tflite", "--quantize", "int8"), "need each other"),
        ((*export, "--keras", "a.keras", "--quantize", "dynamic"), "--quantize is for --litert"),
        ((*export, "--safetensors", file), "exists already"),
        ((*export, "--serving", tmp_path / "full"), "which is no version of a model"),
        ((take, file, run), "say it with --like"),
        ((take, file, run, "--like", "resnet"), "net must be one of"),
        ((take, file, run, "--like", "mlp"), "holds c1.bias, c1.weight, "),
        ((take, tmp_path / "a.pt", run, "--like", "mlp"), "is a pickle by its name"),
        ((take, tmp_path / "a.bin2", run, "--like", "mlp"), "must end in .keras"),
        ((take, tmp_path / "none.keras", run, "--like", "mlp"), "is not a file"),
        ((take, file, tmp_path / "full", "--like", "conv_net"), "exists already"),
    ):
        result = run_script(*words)
        assert result.status == 2, words
        assert message in result.err
        assert len(result.err.splitlines()) == 1
    assert not run.exists()
    assert np.all([path.name != "run" for path in tmp_path.iterdir()])
