"""The verb ``generate``."""

import sys

from rich.console import Console
from transformers.utils import logging

from weitiao.config.commands import called
from weitiao.config.field_paths import field_paths
from weitiao.config.parser import Parser
from weitiao.generation.chat import converse
from weitiao.generation.files import answer_file
from weitiao.generation.options import Generation
from weitiao.generation.texts import texts


def generate_parser() -> Parser:
    """The parser of the command line."""
    parser = Parser(prog=called("generate"), description="Go on with a text, or answer.")
    parser.add_class_arguments(Generation, as_group=False, skip={"stop"})
    parser.add_argument(
        "--stop",
        type=str,
        action="append",
        help="A string before which a text ends; may be given several times.",
    )
    return parser


@field_paths()
def run_generate(arguments: list[str]) -> None:
    """Print what the model says, converse, or answer a file."""
    options = Generation(**generate_parser().parse_args(arguments).as_dict())
    notes = Console(stderr=True, highlight=False)
    logging.disable_progress_bar()  # of weights that are loaded
    if options.file is not None:
        answer_file(options, notes)
    elif options.talks:
        converse(options, notes)
    elif sys.stdout.isatty() and options.count == options.beams == 1:
        texts(options, notes, lambda text: print(text, end="", flush=True))
        print()
    else:
        for text in texts(options, notes):
            print(text)
