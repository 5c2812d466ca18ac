"""The command line of word vectors."""

import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from rich.console import Console

from weitiao.config.bounds import at_least
from weitiao.config.commands import called, command
from weitiao.config.field_paths import field_paths
from weitiao.config.parser import Parser
from weitiao.config.serialization import plain
from weitiao.downloads.corpus import TARGET
from weitiao.embedding.neighbours import neighbours_table
from weitiao.embedding.projector import write_projector
from weitiao.embedding.store import check_name, write_vectors
from weitiao.embedding.training import Training, gensim_models
from weitiao.embedding.words import WordFile, Words
from weitiao.errors import ConfigError, DataError
from weitiao.evaluation.inference import refuse_overwriting
from weitiao.io.atomic import whole_or_not
from weitiao.io.tables import Files


@dataclass(frozen=True)
class Results:
    """What is written and shown.

    Args:
        out: file of the vectors: ``.vec`` or ``.txt`` is text of word2vec, ``.bin`` its binary
            format; a further ``.gz`` packs it. A report stands beside it, ``OUT.json``.
        neighbours: words, separated by commas, whose nearest neighbours are shown.
        tensorboard: folder for TensorBoard's projector; null = ``logs/embed-NAME`` after ``out``.
        projected: most frequent words in the projector; 0 = no projector.
        cache: folder of segmented corpora.
    """

    out: Path = Path("vectors/words.vec")
    neighbours: str | None = None
    tensorboard: Path | None = None
    projected: int = 5000
    cache: Path = Path(".cache/words")

    def __post_init__(self) -> None:
        check_name(self.out)
        at_least(0, projected=self.projected)
        if self.tensorboard is not None and not self.projected:
            raise ConfigError("tensorboard has no effect with projected 0\n  → --projected 5000")

    @property
    def report(self) -> Path:
        """The file of the report."""
        return self.out.with_name(f"{self.out.name}.json")

    @property
    def board(self) -> Path:
        """The folder of the projector's files."""
        return self.tensorboard or Path("logs") / f"embed-{self.out.name.split('.')[0]}"

    def check(self) -> None:
        """See to it, before anything takes time, that what is made can be written.

        Raises:
            ConfigError: names the option.
        """
        if self.out.is_dir():
            raise ConfigError(f"out: {self.out} is a folder\n  → --out {self.out}/words.vec")
        _refuse_unwritable("out", self.out.parent)
        if self.projected:
            _refuse_unwritable("tensorboard", self.board)


def _refuse_unwritable(option: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(
            f"{option}: {folder} can't be written to: {error.strerror}"
            f"\n  → --{option} names another place"
        ) from error


def embed_parser() -> Parser:
    """The parser; ``files`` stands for ``corpus.files``."""
    parser = Parser(prog=called("embed"), description="Train word vectors on raw text.")
    parser.add_argument(
        "--files", type=Files, default=str(TARGET), help="Files or globs of raw text."
    )
    parser.add_class_arguments(Results, as_group=False)
    parser.add_class_arguments(Training, as_group=False)
    parser.add_class_arguments(Words, as_group=False)
    parser.link_arguments("files", "corpus.files")
    return parser


@field_paths()
def run_embed(argv: list[str]) -> None:
    """Train the vectors that the command line describes; write them and what shows them.

    Raises:
        ConfigError: options don't go together, or nothing is seen often enough.
        DataError: a file of the corpus is at fault.
    """
    parser = embed_parser()
    values = parser.parse_args(argv)
    if values.files == str(TARGET) and not TARGET.exists():
        problem = "the embedded corpus isn't there"
        hint = f"{command('corpus')} fetches it; --files names your own"
        raise DataError(problem, file=TARGET, hint=hint)
    options = parser.instantiate(values)
    results, training, words = (_of(kind, options) for kind in (Results, Training, Words))
    gensim_models()
    refuse_overwriting(results.out, words.corpus.files)
    results.check()
    begin = time.monotonic()
    with Console(stderr=True).status("segmenting the corpus"):
        found = words.prepared(results.cache)
    segmented = time.monotonic()
    vectors = training.train(found)
    seconds = {"segment": segmented - begin, "train": time.monotonic() - segmented}
    report = report_of(found, vectors, seconds)
    write_results(results, vectors, report | {"options": plain(words) | asdict(training)})
    show(results, words, vectors, report)


def _of(kind: Any, options: Any) -> Any:
    return kind(**{field.name: options[field.name] for field in fields(kind)})


def report_of(words: WordFile, vectors: Any, seconds: dict[str, float]) -> dict[str, Any]:
    """Numbers of what was read and, as gensim's ``KeyedVectors``, learned."""
    counts = vectors.expandos["count"]
    return {
        "documents": words.documents,
        "left_out": {name: words.corpus[name] for name in ("short", "repeated")},
        "words": words.words,
        "vocabulary": len(vectors),
        "coverage": float(counts.sum() / words.words),
        "seconds": {stage: round(value, 2) for stage, value in seconds.items()},
    }


def write_results(results: Results, vectors: Any, report: dict[str, Any]) -> None:
    """Write vectors, report and the projector's files, each whole or not at all."""
    write_vectors(results.out, vectors.index_to_key, vectors.vectors)
    with whole_or_not(results.report) as part:
        content = json.dumps(report, ensure_ascii=False, indent=2)
        part.write_text(content + "\n", "utf-8")
    if some := min(results.projected, len(vectors)):
        write_projector(
            results.board,
            vectors.index_to_key[:some],
            vectors.expandos["count"][:some].tolist(),
            vectors.vectors[:some],
            _summary(report),
        )


def show(results: Results, words: Words, vectors: Any, report: dict[str, Any]) -> None:
    """Tell the report, where the results lie and, if asked for, nearest neighbours."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    console.print(f"{_summary(report)}\nvectors: {results.out}; report: {results.report}")
    if results.projected:
        console.print(f"projector: tensorboard --logdir {results.board}")
    if results.neighbours is not None:
        asked = results.neighbours.lower() if words.lowercase else results.neighbours
        named = [word for part in asked.split(",") if (word := part.strip())]
        # a file or a pipe has no width; where columns are cut, figures would be
        table = Console(width=None if sys.stdout.isatty() else 160)
        table.print(neighbours_table(vectors, named))


def _summary(report: dict[str, Any]) -> str:
    seconds, left_out = report["seconds"], report["left_out"]
    return (
        f"{report['documents']:,} documents (left out: {left_out['short']:,} short,"
        f" {left_out['repeated']:,} repeated), {report['words']:,} running words; vocabulary of"
        f" {report['vocabulary']:,} words, {report['coverage']:.1%} of the running ones; segmented"
        f" in {seconds['segment']:.1f} s, trained in {seconds['train']:.1f} s"
    )
