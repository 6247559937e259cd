"""Why a function was traced again: each cause is named; watching changes nothing."""

import functools
import threading
import time

import numpy as np
import pytest
import tensorflow as tf

from lowlevel.checks import ConfigError
from lowlevel.inspection import retracing, signatures
from lowlevel.model import Model
from lowlevel.nets import mlp
from tests.comparison import values

X = tf.constant(values(4, 3))


class Settings:
    """An object that is passed along."""


def make(**options):
    """A function that has been traced once, with `x` float32 [4, 3] and defaults."""

    @tf.function(autograph=False, **options)
    def scale(x, factor=2, mode=None, parts=()):
        return tf.nest.map_structure(lambda part: tf.cast(part, tf.float32) * factor, x)

    scale(X)
    return scale


@pytest.mark.parametrize("watched_before", [True, False])
@pytest.mark.parametrize(
    ("args", "kwargs", "reason", "advice"),
    [
        (
            (X[:2],),
            {},
            "x was float32 [4, 3] and is float32 [2, 3]",
            "input_signature with None for sizes that change, for x "
            "tf.TensorSpec([None, 3], tf.float32)",
        ),
        ((X[0],), {}, "x was float32 [4, 3] and is float32 [3]", "same number of axes"),
        ((values(4, 3).astype(int),), {}, "and is int64 [4, 3]", "cast x to one dtype"),
        ((X, 3), {}, "factor was 2 and is 3", "pass factor as a tensor, tf.constant(3)"),
        ((X, -0.5), {}, "factor was 2 and is -0.5", "tf.constant(-0.5)"),
        ((X, tf.constant(3.0)), {}, "factor was 2 and is float32 []", "always as a tensor"),
        ((X,), {"mode": "fast"}, "mode was None and is 'fast'", "keep to few values"),
        (
            (X,),
            {"mode": Settings()},
            "is an object of Settings",
            "make mode once and pass the same",
        ),
        ((X,), {"parts": [X, 1]}, "parts was a tuple of 0 and is a list of 2", "in the same form"),
        ((tf.Variable(X),), {}, "and is variable float32 [4, 3]", "always as a tensor, or always"),
    ],
)
def test_each_cause_is_named_with_what_to_do(args, kwargs, reason, advice, watched_before):
    if watched_before:
        with retracing.watch() as traces:
            scale = make()
            scale(*args, **kwargs)
        assert traces[0].reason.startswith("the first call, with x float32 [4, 3], factor = 2")
        assert traces[0].advice == ""
    else:  # what came before is read from TensorFlow's list
        scale = make()
        with retracing.watch(scale) as traces:
            scale(*args, **kwargs)
    trace = traces[-1]
    if not watched_before and "parts" in kwargs:  # of which TensorFlow's list does not tell
        reason, advice = "differs is in parts, but earlier calls were not watched", "watch from"
    assert reason in trace.reason
    assert advice in trace.advice
    assert (trace.name, trace.number) == ("scale", 2)
    assert f"trace 2 of scale, {trace.seconds:.2f} s: {trace.reason}." in str(traces)


def test_the_nearest_earlier_call_is_what_one_is_compared_with():
    scale = make()
    with retracing.watch(scale) as traces:
        scale(X[:2], 3)
        scale(X, 4)
        scale({"a": X}, 4)
    assert [change.name for change in traces[0].changes] == ["x", "factor"]
    assert traces[1].reason == "factor was 2 and is 4"
    assert traces[2].reason == "x was float32 [4, 3] and is a dict of 1"


def test_another_object_each_time():
    scale = make()
    settings = Settings()
    with retracing.watch(scale) as traces:
        for mode in (settings, settings, Settings()):
            scale(X, mode=mode)
    assert len(traces) == 2
    assert traces[1].reason == "mode was an object of Settings and is another of Settings"


def test_a_function_made_anew_for_each_call():
    with retracing.watch() as traces:
        for number in range(3):
            tf.function(lambda x: x + 1, autograph=False)(tf.constant(number))
    assert [trace.advice[:31] for trace in traces] == [
        "",
        *["if they compute the same, make "] * 2,
    ]
    assert traces[2].reason.startswith("it is tf.function number 3 of those called here")


def test_another_graph_and_variables_of_its_own():
    signed = tf.function(lambda x: x, input_signature=[tf.TensorSpec([None])], autograph=False)
    signed([1.0])
    with retracing.watch(signed) as traces:
        signed([1.0, 2.0])
        assert not traces
        with tf.Graph().as_default():
            signed([1.0])
    assert "it has an input signature, so its arguments cannot be why" in traces[0].reason

    made = []

    @tf.function(autograph=False)
    def count():
        if not made:
            made.append(tf.Variable(0))
        return made[0].assign_add(1)

    with retracing.watch(count) as traces:
        count()
    assert len(traces) == 1
    assert traces[0].advice == "make the variables before"


def test_objects_that_hold_functions_are_watched_and_no_others():
    ours, other = make(), make()

    class Holder:
        def __init__(self):
            self.functions = {"a": [functools.partial(lambda: ours(X[:1]))]}

    with retracing.watch(Holder()) as traces:
        other(X[:1])
        ours(X[:1])
    assert [trace.function is ours for trace in traces] == [True]
    assert traces.of(other) == []


def test_methods_that_are_functions_belong_to_their_object():
    class Layer:
        @tf.function(autograph=False)
        def double(self, x):
            return 2 * x

    ours, other = Layer(), Layer()
    with retracing.watch(ours) as traces:
        ours.double(X)
        other.double(X)
        ours.double(X[:1])
    assert [trace.number for trace in traces] == [1, 2]
    assert traces[1].reason == "x was float32 [4, 3] and is float32 [1, 3]"


def test_what_tensorflow_makes_for_datasets_is_left_out():
    with retracing.watch() as traces:
        list(tf.data.Dataset.range(3).map(lambda x: x + 1))
    assert not traces, traces


def test_a_model_makes_its_functions_while_it_is_watched():
    model = Model.of("mlp", mlp.Config((2, 2, 1), 3, (4,)))
    with retracing.watch(model) as traces:
        for count in (5, 5, 2):
            model.predict(values(count, 2, 2, 1), batch_size=5, verbose=0)
    traces.assert_once(model._predict_step)
    assert len(traces) == 1
    assert "a call without a trace takes" in str(traces)


def test_nothing_changes():
    plain, watched = make(), make()
    method = retracing._FUNCTION.__call__
    expected = [plain(X, 3), plain(X[:2])]
    with pytest.raises(RuntimeError, match="stop"), retracing.watch() as traces:
        assert retracing._FUNCTION.__call__ is not method
        for one, same in zip(expected, [watched(X, 3), watched(X[:2])], strict=True):
            np.testing.assert_array_equal(one, same)
        raise RuntimeError("stop")
    assert retracing._FUNCTION.__call__ is method
    assert len(traces) == 2
    assert watched.experimental_get_tracing_count() == plain.experimental_get_tracing_count() == 3


def test_an_untraced_function_with_a_signature_stays_untraced():
    signed = tf.function(lambda x: x, input_signature=[tf.TensorSpec([None])], autograph=False)
    with retracing.watch(signed) as traces:
        pass
    assert str(traces) == "nothing was traced."
    assert signatures.of_traces(signed) == []
    assert signed.experimental_get_tracing_count() == 0


def test_the_assertion_says_why():
    scale = make()
    with retracing.watch(scale) as traces:
        scale(X, 3)
        scale(X, 4)
    with pytest.raises(AssertionError, match=r"(?s)scale was traced 2 times, .*was 3 and is 4"):
        traces.assert_once(scale)
    with pytest.raises(AssertionError, match="was traced 0 times, not once"):
        traces.assert_once(make())


def test_two_threads_that_call_at_once_share_one_trace():
    begun = threading.Event()

    @tf.function(autograph=False)
    def slow(x):
        other.start()
        begun.wait()
        time.sleep(0.1)  # the other one waits by now
        return x + 1

    def call():
        begun.set()
        slow(X)

    other = threading.Thread(target=call)
    with retracing.watch(slow) as traces:
        slow(X)
        other.join()
    traces.assert_once(slow)


def test_what_cannot_hold_a_function():
    message = "a tf.function, or an object that holds one, not 3"
    with pytest.raises(ConfigError, match=message), retracing.watch(3):
        pass
