"""Files on disk: checkpoints, run directories, weights files, logs for TensorBoard."""
