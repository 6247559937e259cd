"""From files to batches: readers give validated numpy arrays, `pipeline` gives batches."""
