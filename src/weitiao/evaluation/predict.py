"""The verb ``predict``: a checkpoint labels new texts."""

from pathlib import Path

from jsonargparse import Namespace
from rich.console import Console

from weitiao.config.field_paths import field_paths
from weitiao.config.own_code import allowed, permitted
from weitiao.errors import ConfigError
from weitiao.evaluation.arithmetic import device_of, keep_few_primitives
from weitiao.evaluation.inference import (
    Hardware,
    PredictFile,
    UseParser,
    refuse_overwriting,
    use_parser,
)
from weitiao.evaluation.labelling import label_files, label_texts
from weitiao.evaluation.opening import open_model
from weitiao.evaluation.prediction_files import format_of
from weitiao.evaluation.predictor import Predictor
from weitiao.evaluation.result_names import parsed_share
from weitiao.evaluation.standard_input import STREAM, files_here
from weitiao.io.arrow import spare_pandas
from weitiao.io.tables.files import names_of


def predict_parser() -> UseParser:
    """The parser of the verb."""
    parser = use_parser("predict", PredictFile)
    parser.add_class_arguments(Hardware, "hardware")
    parser.add_argument(
        "--text", type=str, action="append", help="A text to label; may be given several times."
    )
    parser.add_argument(
        "--pair", type=str, action="append", help="Second text of each --text, of a model of pairs."
    )
    parser.add_argument(
        "--out",
        type=str | None,
        help="File to write: .csv, .jsonl, .parquet, of tags .conll; with a * in its name one of"
        " each input, whose name stands for it; - = JSON Lines on standard output; null ="
        " predictions.csv for a file, else standard output, on a terminal as a table.",
    )
    parser.add_argument(
        "--share",
        type=str | None,
        help="I/N, with a * in --out: of the files the I-th, and every N-th after it.",
    )
    return parser


@field_paths()
@permitted
def run_predict(arguments: list[str]) -> Path | None:
    """Write ``id, text, label, probability of each class`` of the new rows, in their order.

    Where it was killed before its end, the next call with the same options goes on.

    Returns:
        What was written; null = standard output.
    """
    parser = predict_parser()
    options = parser.instantiate(parser.parse_args(arguments))
    _check_source(options)
    out = _checked_target(options)
    console = Console(stderr=True, highlight=False)
    keep_few_primitives()
    if not allowed():  # the user's own code may want it
        spare_pandas()
    hardware, device = options.hardware, device_of(options.hardware.accelerator)
    with files_here(options.data, console) as (changes, files):
        if device is None or hardware.devices * hardware.num_nodes > 1:
            from weitiao.evaluation.predict_several import predict_by_trainer

            return predict_by_trainer(options, changes, files, out, console)
        trust = options.trust_remote_code
        few = files is None  # texts of the command line: an answer in seconds
        model, rows = open_model(options.ckpt_path, changes, trust_remote_code=trust, mapped=few)
        check_pairs(options, model.card.input.pair, rows.reader.format)
        predictor = Predictor(model, rows, device, hardware.precision)
        if files is None:
            label_texts(predictor, options.text, options.pair, out, console, options.out is None)
        else:
            label_files(predictor, options, files, out, console)
    return out


def check_pairs(options: Namespace, pair: bool, form: str) -> None:
    """See to it that a model of pairs gets pairs, and no other does.

    Args:
        pair: whether the model is one of pairs.
        form: the format of the file.

    Raises:
        ConfigError: it is not so.
    """
    texts, pairs = options.text or [], options.pair or []
    if pairs and not pair:
        raise ConfigError("--pair: the model was trained on single texts")
    if texts and pair and len(texts) != len(pairs):
        raise ConfigError(
            f"the model was trained on pairs: {len(texts)} --text, {len(pairs)} --pair"
            "\n  → --text ONE --pair OTHER"
        )
    if pair and form == "lines":
        raise ConfigError("a line holds one text, and the model needs two\n  → --data.format csv")


def _check_source(options: Namespace) -> None:
    """See to it that one source is named, and no option that has no effect on it.

    Raises:
        ConfigError: it is not so.
    """
    texts, pairs, files = options.text or [], options.pair or [], options.data.predict
    if not texts and (not files or pairs):
        raise ConfigError(
            "what is to be labelled?\n  → --data.predict FILE, --data.predict - (standard input) or"
            " --text TEXT (with a second text: --pair TEXT)"
        )
    if texts and (idle := options.data.of_a_file()):
        raise ConfigError(f"data.{idle} has no effect on --text\n  → --data.predict FILE")
    if any(len(each.encode("utf-8", "ignore")) < len(each) for each in (*texts, *pairs)):
        raise ConfigError("--text: this is not UTF-8\n  → put it into a file: --data.predict FILE")
    if STREAM in names_of(files or []) and files not in (STREAM, [STREAM]):
        raise ConfigError("data.predict: standard input is read alone, without files beside it")
    if files in (STREAM, [STREAM]) and options.hardware.devices * options.hardware.num_nodes > 1:
        raise ConfigError("several processes can't share standard input\n  → --data.predict FILE")


def _checked_target(options: Namespace) -> Path | None:
    """The file to write; null = standard output.

    Raises:
        ConfigError: its suffix names no format, or it would overwrite its input; or a file of each
            input can't be had of these.
    """
    files = options.data.predict
    from_file = not options.text and files not in (STREAM, [STREAM])
    out = options.out or ("predictions.csv" if from_file else STREAM)
    of_each = "*" in Path(out).name
    if of_each and not from_file:
        raise ConfigError("--out: a * stands for the names of files\n  → --data.predict FILES")
    if options.share and not of_each:
        raise ConfigError("--share goes with a file of each input\n  → --out 'FOLDER/*.csv'")
    parsed_share(options.share)
    if out == STREAM:
        return None
    format_of(Path(out))  # refused now, not after the work
    if not of_each:
        refuse_overwriting(Path(out), files if from_file else None)
    return Path(out)
