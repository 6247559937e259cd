"""Files that anyone may have made: read right, or refused in one sentence."""
