"""Judging a network, using it, and drawing what it says."""
