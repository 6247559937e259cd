"""Looking at a network: what it is made of, and what it costs."""
