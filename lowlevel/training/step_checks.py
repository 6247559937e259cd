"""Checks made when a step is traced, against mistakes that would go unnoticed in training."""

import tensorflow as tf

from lowlevel.checks import ConfigError
from lowlevel.types import Nest, Outputs, Tensor


def check_new_state(
    result: Outputs, state: dict[str, tf.Variable]
) -> tuple[Nest, dict[str, Tensor]]:
    """Returns the result of a network in training: outputs and a dict of new state.

    Raises:
        ConfigError: it is anything else, or some of the state is left unchanged: the most common
            mistake with batch norm is to run the network without training=True.
    """
    if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict)):
        raise ConfigError(
            "forward must return outputs and a dict of new state when it trains; "
            "pass training=True on to the network."
        )
    new_state = result[1]
    unchanged = [name for name, old in state.items() if new_state.get(name, old) is old]
    if unchanged:
        raise ConfigError(
            f"training would never change the state {', '.join(unchanged)}: forward returns no new "
            f"{'value for it' if len(unchanged) == 1 else 'values for them'}; pass training=True "
            f"on to the network, and return what it gives in the dict of new state."
        )
    return result


def check_outputs(outputs: Outputs) -> Nest:
    """Returns a network's outputs. Raises ConfigError if they are the pair of a training call."""
    if isinstance(outputs, tuple) and outputs and isinstance(outputs[-1], dict):
        raise ConfigError("forward must return outputs alone when it does not train.")
    return outputs


def check_losses(losses: Tensor) -> Tensor:
    """Returns losses. Raises ConfigError unless there is one number for each example."""
    if not hasattr(losses, "shape"):
        raise ConfigError(f"a loss must be a tensor with a number for each example, not {losses}.")
    if losses.shape.rank not in (1, None):
        raise ConfigError(
            f"a loss must be one number for each example, [batch], not {losses.shape}"
            f"{'' if losses.shape.rank else '; those of Keras give it with reduction=None'}."
        )
    return losses


def check_metric(name: str, values: Tensor) -> Tensor:
    """Returns a metric's numbers. Raises ConfigError unless there is one for each example."""
    if not hasattr(values, "shape"):
        raise ConfigError(f"the metric {name} must be a tensor, [batch], not {values!r}.")
    if values.shape.rank not in (1, None):
        raise ConfigError(
            f"the metric {name} must be one number for each example, [batch], not {values.shape}."
        )
    return values


def check_gradients(gradients: dict[str, Tensor | None]) -> dict[str, Tensor]:
    """Returns gradients by name. Raises ConfigError if the loss does not depend on a variable."""
    unused = [name for name, gradient in gradients.items() if gradient is None]
    if unused:
        raise ConfigError(f"the loss does not depend on {', '.join(unused)}.")
    return gradients
