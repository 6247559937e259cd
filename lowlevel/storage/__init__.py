"""What is on disk: checkpoints, the directory of a run, files of weights, logs for TensorBoard."""
