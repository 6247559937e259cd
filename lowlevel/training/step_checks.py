"""What a step refuses when it is traced: what would train wrongly without a word."""

from lowlevel.checks import ConfigError


def check_new_state(result, state):
    """Returns what a network returned in training: outputs and a dict of new state.

    Raises:
        ConfigError: it is anything else, or it leaves some of the state as it was: the commonest
            mistake with batch norm is a network that runs as if it were not training.
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
            f"training would never change the state {', '.join(unchanged)}: forward hands back no "
            f"new value for it; pass training=True on to the network."
        )
    return result


def check_outputs(outputs):
    """Returns what a network returned. Raises ConfigError if that is what training expects."""
    if isinstance(outputs, tuple) and outputs and isinstance(outputs[-1], dict):
        raise ConfigError("forward must return outputs alone when it does not train.")
    return outputs


def check_losses(losses):
    """Returns losses. Raises ConfigError unless there is one number for each example."""
    if losses.shape.rank not in (1, None):
        raise ConfigError(
            f"a loss must be one number for each example, [batch], not {losses.shape}."
        )
    return losses


def check_gradients(gradients):
    """Returns gradients by name. Raises ConfigError if the loss does not depend on a variable."""
    unused = [name for name, gradient in gradients.items() if gradient is None]
    if unused:
        raise ConfigError(f"the loss does not depend on {', '.join(unused)}.")
    return gradients
