"""How many steps to make in one call of the compiled loop."""

SECONDS_OF_A_CALL = 0.2


class Pace:
    """Chooses how many steps to make in one call, by the time that steps have taken.

    A call is to take `SECONDS_OF_A_CALL`, so that the progress bar moves and Ctrl-C is answered at
    once. What the steps compute does not depend on it.

    Attributes:
        steps: how many steps the next call should make; 1 at first.
    """

    def __init__(self) -> None:
        self.steps = 1

    def measure(self, steps: int, seconds: float) -> None:
        """Takes note of how long a call of so many steps has taken."""
        self.steps = max(1, int(SECONDS_OF_A_CALL * steps / max(seconds, 1e-6)))
