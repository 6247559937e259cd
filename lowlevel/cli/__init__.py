"""Shared by command-line tools: parsing, opening and closing a run, messages."""
