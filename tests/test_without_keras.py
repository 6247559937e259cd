"""Everything works where the `keras` package cannot be imported.

That graph_session_mnist.py does is tested where its output is, in tests/scripts.
"""

import json
import os
import subprocess
import sys

from PIL import Image

from tests.idx_files import write_random
from tests.scripts import tools

EACH = """
import json, logging, runpy, sys
logging.getLogger("tensorflow").setLevel("ERROR")  # so many steps in one process make it wonder
from lowlevel.cli import command_line
command_line.quiet_tensorflow()
from lowlevel.data import digit_scenes
from lowlevel.nets import bottle_encoder, grid_detector, mini_inception
# Small ones: what is tested is Keras.
bottle_encoder.Config.__init__.__defaults__ = ((31, 31, 1), (2, 4, 4), (3, 3, 3), (2, 2, 2))
mini_inception.Config.__init__.__defaults__ = ((32, 32, 3), 10, 4, ((2, 2), (4,)), True, 0.99)
grid_detector.Config.__init__.__defaults__ = (
    *grid_detector.Config.__init__.__defaults__[:2], (4, 4, 8),
    *grid_detector.Config.__init__.__defaults__[3:],
)
digit_scenes.VALIDATION_SCENES = digit_scenes.TEST_SCENES = 15
for words in json.loads(sys.argv[1]):
    sys.argv = words
    try:
        runpy.run_path(words[0], run_name="__main__")
    except SystemExit as stop:
        if stop.code:
            sys.exit(f"{words}: exit {stop.code}")
assert "keras" not in sys.modules
"""


def test_every_script(tmp_path):
    blocker = tmp_path / "blocker"
    environment = os.environ | {"PYTHONPATH": tools.block_keras(blocker)}
    blocked = subprocess.run([sys.executable, "-c", "import keras"], env=environment)
    assert blocked.returncode != 0, "the test blocks nothing"

    data_dir = write_random(tmp_path / "idx", height=28, width=28)
    run_dir = tmp_path / "run"
    arguments = ("--data-dir", data_dir, "--run-dir", run_dir, "--steps", 2, "--rotate", 5)
    autoencoder, exported = tmp_path / "autoencoder", tmp_path / "weights.h5"
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(12):
        picture = Image.new("L", (20, 20))
        picture.paste(200, (5 + number % 3, 4, 9 + number, 16))
        picture.save(pictures / f"{number}.png")
    few = ("--epochs", 1, "--batch-size", 6)
    fast = ("--optimizer", "momentum")  # traced in a third of Adam's time
    one = ("--steps", 1, *fast)
    folders = ("--train", pictures, "--normal", pictures)
    for name in ("pos", "neg"):
        (tmp_path / "films" / name).mkdir(parents=True)
        for number in range(2):
            (tmp_path / "films" / name / f"{number}.txt").write_text(f"{name} film")
    films = ("--data-dir", tmp_path / "films", "--run-dir", tmp_path / "t", *one)
    scenes = ("--scenes", 32, "--steps", 1)
    cars = tmp_path / "cars.csv"
    columns = "mpg,cylinders,displacement,horsepower,weight,acceleration,model_year,origin"
    cars.write_text("\n".join([columns, *(f"{n},4,97,46,{n}000,20,70,usa" for n in range(20))]))
    commands = (
        ("train_mnist.py", *arguments),
        ("predict_mnist.py", "--run-dir", run_dir, "--data-dir", data_dir, "--index", 0),
        ("train_cifar10.py", "--dataset", "shapes", "--run-dir", tmp_path / "c", *one),
        ("train_autoencoder.py", *folders, *few, "--run-dir", autoencoder, *fast),
        ("detect_anomalies.py", autoencoder, pictures),
        ("export.py", run_dir, "--weights", exported, "--savedmodel", tmp_path / "model"),
        ("predict.py", exported, pictures / "3.png", "--plot", "plot.png"),
        ("summary.py", "conv_net"),
        ("profile.py", "mlp", "--steps", 1, "--quiet"),
        ("train_text.py", *films),
        ("classify_text.py", tmp_path / "t", "a good film"),
        ("train_digit_autoencoder.py", *arguments[:2], "--run-dir", tmp_path / "a", *one),
        ("train_detector.py", *arguments[:2], *scenes, "--run-dir", tmp_path / "d", *fast),
        (
            "train_auto_mpg.py",
            "--data",
            cars,
            "--run-dir",
            tmp_path / "m",
            *one,
            "--no-jit-compile",
        ),
    )
    words = [[str(tools.SCRIPTS / script), *map(str, options)] for script, *options in commands]
    done = subprocess.run(
        [sys.executable, "-c", EACH, json.dumps(words)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert done.stderr == ""
    assert done.returncode == 0
