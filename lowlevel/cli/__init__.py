"""What command-line tools share: parsing, opening and closing a run, what is said."""
