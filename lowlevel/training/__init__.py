"""The compiled step, the loop over it, and the run that it trains."""
