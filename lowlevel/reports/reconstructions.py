"""Images above what an autoencoder makes of them."""

from lowlevel.files import FilePath
from lowlevel.reports import figures


@figures.style()
def draw(path: FilePath, rows: dict[str, tuple]) -> None:
    """Draws, for each kind of images, a row of originals and a row of reconstructions below it.

    Args:
        path: the PNG file to write.
        rows: by the kind's name, pairs of arrays `[images, height, width, channels]` in [0, 1].

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: the file cannot be written.
    """
    columns = max(len(originals) for originals, _ in rows.values())
    figure = figures.make(1.1 * columns + 1, 2.3 * len(rows))
    grid = figure.subplots(2 * len(rows), columns, squeeze=False)
    for axes in grid.flatten():
        axes.axis("off")
    for number, (name, (originals, reconstructed)) in enumerate(rows.items()):
        for label, line, images in (
            (name, grid[2 * number], originals),
            ("reconstructed", grid[2 * number + 1], reconstructed),
        ):
            for axes, image in zip(line, images, strict=False):
                axes.axis("on")
                figures.show_image(axes, image)
            line[0].set_ylabel(label)
    figures.save(figure, path)
