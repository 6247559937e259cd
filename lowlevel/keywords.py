"""Arguments and attributes that users of Keras look for, answered with what there is instead."""

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from lowlevel.checks import ConfigError

P = ParamSpec("P")
R = TypeVar("R")

FIT = {  # arguments of Model.fit
    "callbacks": "they are hooks here: hooks=[...], see lowlevel.hooks",
    "validation_batch_size": "the evaluation has the batch size of the training",
    "validation_steps": "all of validation_data is evaluated; give a dataset of fewer batches",
    "workers": "the process reads data itself; a tf.data.Dataset can do so in parallel",
}
COMPILE = {  # of Model.compile
    "jit_compile": "a Recipe has it, for a lowlevel.training.run.Run",
    "loss_weights": "a loss is one function of all outputs, which can weigh them itself",
    "run_eagerly": "model.network and the loss can be called eagerly as they are",
    "weighted_metrics": "metrics are means over examples, without weights",
}
NETWORK = {  # of Model.of
    "others": "sizes and rates are in the config: pass nets.conv_net.Config(...) or the like"
}
CLIP = "clip by compile(..., change_gradients=...), see lowlevel.gradients"
OPTIMIZER = {  # of an optimizer
    "amsgrad": "there is no AMSGrad here",
    "clipnorm": CLIP,
    "clipvalue": CLIP,
    "global_clipnorm": CLIP,
    "decay": "a learning rate may be one of lowlevel.schedules",
    "lr": "it is learning_rate, the first argument",
    "momentum": "Momentum(rate, momentum=0.9) has it",
    "nesterov": "Momentum(rate, nesterov=True) has it",
}
HOOK = {  # of EarlyStopping and the like
    "baseline": "a hook of your own can set its `stop`",
    "min_lr": "it is min_rate",
    "restore_best_weights": 'add a second hook: BestKeeper("val_loss")',
    "save_best_only": "the best is kept anyway, beside the newest three",
    "start_from_epoch": "a hook of your own can set its `stop`",
    "verbose": "hooks print nothing",
}
MODEL = {  # attributes of a model
    "add": "a network is a function here, see lowlevel.nets",
    "count_params": "summary() prints the number",
    "get_layer": 'its variables are model.variables.weights["d1"] and biases["d1"]',
    "input_shape": "model.network.input_spec has it",
    "layers": "layers are functions here; model.variables has their variables by name",
    "loss": "model.run.task.loss is it",
    "metrics_names": "model.run.task.metric_names are they",
    "optimizer": "model.run.state.optimizer is it",
    "output_shape": "lowlevel.inspection.summary knows it",
    "predict_on_batch": "call it: model(x)",
    "save": "save_weights(path) keeps all variables, and Model.of makes the network again",
    "stop_training": "a hook's `stop` ends training",
    "test_on_batch": "evaluate(x, y) takes one batch, too",
    "to_json": "a network of the registry is its name and its config",
    "train_on_batch": "fit(x, y, batch_size=len(x), verbose=0) makes one step",
    "trainable_variables": "model.variables.trainable() has them by name",
    "weights": "model.variables.all() has them by name",
}


def explain(**hints: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates a function whose callers may have another library's arguments in mind.

    Args:
        hints: by the name of an argument that the function lacks, what there is instead; `others`
            is said of any name that is not listed.

    Returns:
        A decorator. The function then raises ConfigError, with the hint, instead of a TypeError, if
        a call does not fit its signature.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            name, dot, method = function.__qualname__.rpartition(".")
            if method == "__init__":  # a class that inherits it is named itself
                name, dot, method = type(args[0]).__name__, "", ""
            called = f"{name}{dot}{method}"
            for keyword in kwargs:
                if keyword not in signature.parameters:
                    hint = hints.get(keyword, hints.get("others"))
                    raise ConfigError(f"{called} takes no {keyword!r}{f': {hint}' * bool(hint)}.")
            try:
                signature.bind(*args, **kwargs)
            except TypeError as error:
                raise ConfigError(f"{called} takes {_show(signature)}: {error}.") from None
            return function(*args, **kwargs)

        return checked

    return decorate


def _show(signature):
    """The names of the arguments, with their defaults."""
    return ", ".join(
        name if one.default is one.empty else f"{name}={one.default!r}"
        for name, one in signature.parameters.items()
        if name not in ("self", "cls")
    )


def missing(name: str) -> str:
    """The sentence about an attribute that a model does not have."""
    return f"a Model has no {name!r}{f': {MODEL[name]}' if name in MODEL else ''}."
