"""The sentence polarity data: 5,331 positive and 5,331 negative sentences of film reviews.

Source: Pang and Lee (2005), https://www.cs.cornell.edu/people/pabo/movie-review-data/.
"""

from lowlevel.checks import DataError
from lowlevel.data import archive, download, sentences, text_file
from lowlevel.files import FilePath

ARCHIVE = "rt-polaritydata.tar.gz"
MEMBERS = tuple(f"rt-polaritydata/{name}" for name in sentences.FILES)

DOWNLOAD = download.Files(
    dataset="sentence-polarity",
    mirrors=(
        "https://www.cs.cornell.edu/people/pabo/movie-review-data/",
        "https://storage.googleapis.com/seldon-datasets/sentence_polarity_v1/",
    ),
    # As Hugging Face's dataset `rotten_tomatoes` records it for the second mirror.
    sha256={ARCHIVE: "a05befe52aafda71d458d188a1c54506a998b1308613ba76bbda2e5029409ce9"},
    hashed_decompressed=False,
)


def load() -> sentences.Sentences:
    """The data as `Sentences`: from the user's cache, downloaded into it if necessary.

    Raises:
        DataError: the archive cannot be downloaded, or the cached one is not the official one.
        MissingExtraError: pooch is not installed.
    """
    return read_archive(download.fetch(DOWNLOAD) / ARCHIVE)


def read_archive(path: FilePath) -> sentences.Sentences:
    """Reads the two files out of the archive; nothing is written anywhere.

    Raises:
        DataError: the archive is damaged, or lacks one of the files.
    """
    texts = {}
    with archive.opened(path, text_file.MAX_BYTES) as opened:
        for member in archive.members(opened, path):
            if member.name in MEMBERS:
                source = f"{member.name} in {path}"
                if not member.isfile():
                    raise DataError(f"{source} is not a file.")
                text = text_file.read_stream(opened.extractfile(member), source)
                lines = sentences.split_lines(text, source)
                texts[member.name] = [line for line in lines if line]
    for name in MEMBERS:
        if name not in texts:
            raise DataError(f"{path} contains no {name}.")
    negative, positive = (texts[name] for name in MEMBERS)
    return sentences.make(negative, positive, str(path))
