"""What there is if a path is missing: the newest folders of its kind."""

from pathlib import Path

MOST = 5  # names in a message
BEST = "checkpoints/best.ckpt"  # by which a run's folder is known


def newest(folder: Path, mark: str) -> list[Path]:
    """The folders in a folder that hold a file, the newest file first; at most `MOST`.

    Args:
        mark: the file's path in them.
    """
    dated = [(file.stat().st_mtime, place) for place, file in _marked(folder, mark)]
    return [place for _, place in sorted(dated, reverse=True)[:MOST]]


def runs_near(path: Path) -> str | None:
    """A hint that names the newest runs beside a run that is not there, else those in ``logs``."""
    there = next((above for above in path.parents if above.is_dir()), Path())
    found = newest(there, BEST) or newest(Path("logs"), BEST)
    return there_are([str(run) for run in found])


def there_are(names: list[str]) -> str | None:
    """A hint that names what there is; null = nothing."""
    return f"there are: {', '.join(names)}" if names else None


def _marked(folder: Path, mark: str) -> list[tuple[Path, Path]]:
    places = sorted(folder.iterdir()) if folder.is_dir() else []
    return [(place, place / mark) for place in places if (place / mark).is_file()]
