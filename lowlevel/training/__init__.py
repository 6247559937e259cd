"""The compiled step, the loop over it, and the files a run leaves."""
