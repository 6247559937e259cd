"""Deep learning written out in bare TensorFlow ops: no Keras, nothing hidden.

What `__all__` names is public. Each is imported when it is first used: `import lowlevel` alone does
not bring in TensorFlow, which takes seconds.
"""

import importlib
from typing import Any

__version__ = "0.1.0"
__all__ = [
    "Model",
    "gradients",
    "hooks",
    "initializers",
    "losses",
    "metrics",
    "nets",
    "ops",
    "optimizers",
    "schedules",
]
_MODULES = {"Model": "lowlevel.model", "hooks": "lowlevel.training.hooks"}
_ELSEWHERE = {  # what users of Keras look for
    "load_model": "lowlevel.prediction.predictor.Predictor(path) loads a trained network",
    "layers": "layers are functions here, see lowlevel.ops",
    "callbacks": "callbacks are lowlevel.hooks here",
    "Sequential": "a network is a function here, see lowlevel.nets and lowlevel.Model",
}


def __getattr__(name: str) -> Any:
    if name in _ELSEWHERE:
        raise AttributeError(f"lowlevel has no {name}: {_ELSEWHERE[name]}.")
    if name not in __all__:
        raise AttributeError(f"lowlevel has no {name!r}; it has {', '.join(__all__)}")
    module = importlib.import_module(_MODULES.get(name, f"lowlevel.{name}"))
    return module.Model if name == "Model" else module


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
