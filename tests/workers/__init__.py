"""Tests of several workers that train one network."""
