"""What a run may do when something goes wrong, by the names that options and functions take."""

ON_SAVE_ERROR = ("stop", "continue")
ON_NONFINITE = ("stop", "skip", "rollback")
