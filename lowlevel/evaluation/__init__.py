"""Using a trained network, and drawing what it says."""
