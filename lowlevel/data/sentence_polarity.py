"""The sentence polarity data: 5,331 positive and 5,331 negative sentences of film reviews.

Source: Pang and Lee (2005), https://www.cs.cornell.edu/people/pabo/movie-review-data/.
"""

import tarfile
import zlib

from lowlevel.checks import DataError, reason_of
from lowlevel.data import download, sentences, text_file

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


def load():
    """The data as `Sentences`: from the user's cache, downloaded into it if necessary.

    Raises:
        DataError: the archive cannot be downloaded, or the cached one is not the official one.
        MissingExtraError: pooch is not installed.
    """
    return read_archive(download.fetch(DOWNLOAD) / ARCHIVE)


def read_archive(path):
    """Reads the two files out of the archive; nothing is written anywhere.

    Raises:
        DataError: the archive is damaged, or lacks one of the files.
    """
    texts = []
    try:
        with tarfile.open(path, "r:gz") as archive:
            for name in MEMBERS:
                file = archive.extractfile(name)
                if file is None:
                    raise DataError(f"{name} in {path} is not a file.")
                source = f"{name} in {path}"
                text = text_file.read_stream(file, source)
                texts.append([line for line in sentences.split_lines(text, source) if line])
    except KeyError as error:
        raise DataError(f"{path} contains no {name}.") from error
    except DataError:
        raise
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
        raise DataError(f"{path} is damaged: {reason_of(error)}.") from error
    return sentences.make(*texts, source=str(path))
