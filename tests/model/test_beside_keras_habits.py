"""What a Keras user tries next: it works, or a sentence says how it is done here."""

import numpy as np
import pytest
import tensorflow as tf

import lowlevel
from lowlevel import losses, metrics, optimizers
from lowlevel.checks import ConfigError, DataError
from lowlevel.model import Model
from lowlevel.training import hooks
from lowlevel.variables import VariableStore, sha256

SPEC = tf.TensorSpec([None, 3], tf.float32)
RANDOM = np.random.default_rng(0)
X, Y = RANDOM.random((24, 3)).astype(np.float32), RANDOM.integers(0, 2, 24)


def make(precision="float32", loss=losses.softmax_cross_entropy):
    store = VariableStore(0)
    store.add_weights("out", (3, 2))
    store.add_biases("out", 2)

    def forward(inputs, training=False, seed=None):
        outputs = lowlevel.ops.dense(inputs, store.weights["out"], store.biases["out"])
        return (outputs, {}) if training else outputs

    model = Model(forward, store, SPEC, precision=precision)
    model.compile(optimizers.Adam(0.01), loss, {"accuracy": metrics.is_correct})
    return model


class Sequence:
    """Batches by their numbers, as Keras's PyDataset has them."""

    def __init__(self):
        self.epochs = 0

    def __len__(self):
        return 3

    def __getitem__(self, number):
        part = slice(8 * number, 8 * number + 8)
        return X[part], Y[part]

    def on_epoch_end(self):
        self.epochs += 1


def digest_of(*data, **options):
    model = make()
    model.fit(*data, batch_size=8, epochs=2, verbose=0, **options)
    return sha256(model.variables.all())


def test_batches_from_python_train_as_arrays_do():
    expected = digest_of(X, Y, shuffle=False)
    sequence = Sequence()
    assert digest_of(sequence) == expected
    assert sequence.epochs >= 1
    batches = (Sequence()[number % 3] for number in range(6))
    assert digest_of(batches, steps_per_epoch=3) == expected
    lists = ([part.tolist() for part in Sequence()[number % 3]] for number in range(6))
    assert digest_of((tuple(batch) for batch in lists), steps_per_epoch=3) == expected


def test_frames_train_as_arrays_do():
    pandas = pytest.importorskip("pandas")
    frame, series = pandas.DataFrame(X, columns=list("abc")), pandas.Series(Y)
    assert digest_of(frame, series) == digest_of(X, Y)
    assert make().predict(frame, verbose=0).shape == (24, 2)


def test_sequences_are_evaluated_and_predicted():
    model = make()
    whole = model.evaluate(X, Y, batch_size=8, verbose=0)
    assert model.evaluate(Sequence(), verbose=0) == whole
    np.testing.assert_array_equal(
        model.predict(Sequence(), verbose=0), model.predict(X, batch_size=8, verbose=0)
    )


@pytest.mark.parametrize(
    "x, error, message",
    [
        (iter([]), DataError, "there are no batches"),
        (iter([3]), DataError, "arrays of numbers"),
        (iter([(np.ma.masked_array(X, X > 0.5), Y)]), DataError, "must not be masked"),
        ((batch for batch in [(X, Y)]), ConfigError, "pass steps_per_epoch"),
        (X, ConfigError, "targets are missing: pass y, or batches"),
    ],
)
def test_batches_that_do_not_work(x, error, message):
    with pytest.raises(error, match=message):
        make().fit(x, verbose=0)


def test_what_is_done_otherwise_here():
    with pytest.raises(ConfigError, match=r"no 'callbacks': they are hooks here"):
        make().fit(X, Y, callbacks=[])
    with pytest.raises(ConfigError, match=r"fit takes no 'batchsize'\.$"):
        make().fit(X, Y, batchsize=3)
    with pytest.raises(ConfigError, match=r"such as Adam\(1e-3\), not 'adam'"):
        make().compile("adam", losses.softmax_cross_entropy)
    with pytest.raises(ConfigError, match=r'such as \{"accuracy": lowlevel'):
        make().compile(optimizers.Adam(0.1), losses.softmax_cross_entropy, ["accuracy"])
    with pytest.raises(AttributeError, match=r"load_model: .*Predictor"):
        lowlevel.load_model  # noqa: B018


def test_a_model_is_called_and_shows_itself(capsys):
    model = make()
    np.testing.assert_allclose(model(X), model.predict(X, verbose=0), rtol=1e-6)
    model.summary()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [
        ["weights/out", "[3,", "2]", "6"],
        ["biases/out", "[2]", "2"],
        ["total", "8"],
    ]
    assert repr(model) == "Model of a function: 8 parameters, computed in float32, compiled"
    assert "weights/out  [3, 2]  6" in repr(model.variables)
    assert "not saved" in repr(model.run)
    history = model.fit(X, Y, epochs=2, verbose=0)
    assert repr(history).startswith("History of 2 epochs\nloss: 0.")


def test_a_loss_of_the_user_s_own_gets_float32_in_both_precisions():
    seen = set()

    def loss(targets, outputs):
        seen.add(outputs.dtype)
        return tf.reduce_sum(tf.square(outputs - tf.one_hot(targets, 2)), axis=-1)

    for precision in ("float32", "bfloat16"):
        model = make(precision, loss)
        model.fit(X, Y, verbose=0)
        assert model.predict(X, verbose=0).dtype == np.float32
    assert seen == {tf.float32}


def test_a_missing_name_lists_those_near_it():
    with pytest.raises(KeyError, match="there are no weights of 'ot'; there is out"):
        make().variables.weights["ot"]


@pytest.mark.parametrize("hook", [hooks.EarlyStopping, hooks.BestKeeper])
def test_a_misspelt_metric_is_refused_before_the_first_epoch(hook):
    model = make()
    message = (
        "no val_los to monitor; there is loss, accuracy, val_loss, val_accuracy, learning_rate"
    )
    with pytest.raises(ConfigError, match=message):
        model.fit(X, Y, verbose=0, validation_split=0.5, hooks=[hook("val_los", mode="min")])
    assert int(model.state.step) == 0
    with pytest.raises(ConfigError, match="or correct the name"):
        hook("val_los")
