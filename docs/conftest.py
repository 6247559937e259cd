"""pytest runs the cells of the guide, page by page, see `update_outputs`."""

import contextlib

import update_outputs
from sybil import Sybil

pages = contextlib.ExitStack()
pytest_collect_file = Sybil(
    parsers=[update_outputs.cells],
    pattern=f"guide/{update_outputs.CHAPTERS}",
    setup=lambda namespace: pages.enter_context(update_outputs.workplace(namespace)),
    teardown=lambda _: pages.close(),
).pytest()
