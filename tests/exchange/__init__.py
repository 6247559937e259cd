"""Tests of `lowlevel.exchange`."""
