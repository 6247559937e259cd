"""Weights and networks to and from other programs: one format a file."""
