"""The command line of a comparison."""

import re
import shlex
import string
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from weitiao.comparison.compare import Comparison
from weitiao.comparison.predicted import write_out_of_fold
from weitiao.comparison.summary import compare_table, summaries, write_files
from weitiao.config.arguments import divided
from weitiao.config.commands import called
from weitiao.config.parser import Parser
from weitiao.errors import ConfigError

WITH = "--with"
ABOUT = "Compare configurations, seed by seed. Options of train, beside these, are those of all."


def compare_parser() -> Parser:
    """The parser of the comparison's own options."""
    parser = Parser(prog=called("compare"), description=ABOUT)
    parser.add_argument(
        WITH,
        type=str,
        action="append",
        help="Options of train that make a configuration, with a name if you like: 'cnn:"
        " --model.backbone TextCNN'. Once for each; {seed} in it is the seed, or the fold.",
    )
    parser.add_argument(
        "--seeds", type=int | None, help="Train each with the seeds 1 to this; null = 5."
    )
    parser.add_argument(
        "--folds",
        type=int | None,
        help="Cross-validate instead: test on each of so many parts of the rows; the predictions"
        " of all of them go to out_of_fold-NAME.csv.",
    )
    parser.add_argument("--name", type=str, default="default", help="Folder below root.")
    parser.add_argument("--root", type=str, default="logs/compare", help="Of all comparisons.")
    return parser


def run_compare(arguments: list[str]) -> Comparison:
    """Compare; prints the table, and writes ``compare.csv`` and ``compare.json``.

    What the parser doesn't know is handed to each run's ``train``, before its own options.
    """
    comparison = read_comparison(arguments)
    comparison.check()
    results = list(comparison.results(Console(stderr=True, highlight=False)))
    found = summaries(comparison, results)
    write_files(comparison, results, found)
    if comparison.folds is not None:
        for name in comparison.configurations:
            rows = [comparison.rows(name, number) for number in comparison.numbers]
            write_out_of_fold(comparison.folder / f"out_of_fold-{name}.csv", rows)
    # a file or a pipe has no width; where columns are cut, figures would be
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(compare_table(comparison, results[0].metric, found))
    Console(stderr=True, highlight=False).print(f"all runs: {comparison.folder}", markup=False)
    return comparison


def read_comparison(arguments: list[str]) -> Comparison:
    """The comparison that a command line describes.

    Raises:
        ConfigError: an option can't be read, or two configurations have one name.
    """
    parser = compare_parser()
    known = {"-h", "--help", *(f"--{name}" for name in vars(parser.get_defaults()))}
    own, shared = divided(known, _joined(arguments))
    options = parser.parse_args(own)
    if options.seeds is not None and options.folds is not None:
        raise ConfigError("seeds and folds: one of them\n  → --folds alone, with --seed_everything")
    configurations: dict[str, list[str]] = {}
    for name, words in named(options["with"] or [""]):
        if name in configurations:
            raise ConfigError(f"--with: two configurations are called {name!r}")
        configurations[name] = [*shared, *words]
    folder, seeds = Path(options.root) / options.name, options.seeds
    if folder.name != options.name or options.name == "..":
        raise ConfigError(f"name: {options.name!r} can't be a folder's name")
    return Comparison(configurations, folder, 5 if seeds is None else seeds, options.folds)


def named(given: Iterable[str]) -> Iterable[tuple[str, list[str]]]:
    """The name and the options of each configuration; those without a name are a, b, ….

    Raises:
        ConfigError: a quotation has no end, or there are more than letters.
    """
    for letter, options in zip(string.ascii_lowercase, given, strict=False):
        found = re.match(r"(\w[\w-]*)\s*:(?:\s+|$)", options)
        try:
            words = shlex.split(options[found.end() :] if found else options)
        except ValueError as error:
            raise ConfigError(f"--with: {error}: {options}") from error
        yield found[1] if found else letter, words


def _joined(arguments: list[str]) -> list[str]:
    """The arguments with each ``--with`` and its value, which begins with dashes, in one word."""
    words, found = iter(arguments), []
    for word in words:
        value = next(words, None) if word == WITH else None
        found.append(word if value is None else f"{WITH}={value}")
    return found
