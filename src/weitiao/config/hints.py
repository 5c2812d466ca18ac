"""Hints for a wrong command line: what an option is called here, and where it belongs."""

import difflib
from collections.abc import Collection, Mapping
from pathlib import Path

_MAX_LENGTH = ("max_len", "max_length", "max_seq_len", "max_seq_length")
ELSEWHERE = {
    **dict.fromkeys(("checkpoint", "resume", "resume_from_checkpoint"), "ckpt_path"),
    "early_stopping_patience": "config configs/trainer/early_stopping.yaml",
    "output_dir": "run.root",
    "metric_for_best_model": "run.monitor",
    **dict.fromkeys(("seed", "random_state"), "seed_everything"),
    "train_file": "data.train",
    **dict.fromkeys(("eval_file", "valid_file", "validation", "validation_file"), "data.val"),
    "test_file": "data.test",
    **dict.fromkeys(("text_column", "text_column_name"), "data.input.text"),
    **dict.fromkeys(("label_column", "label_column_name"), "data.target.label"),
    **dict.fromkeys(("tokenizer", "tokenizer_name"), "data.input.encode.tokenizer"),
    **dict.fromkeys(_MAX_LENGTH, "data.input.encode.max_length"),
    **dict.fromkeys(("batch_size", "train_batch_size"), "data.batch.size"),
    "per_device_train_batch_size": "data.batch.size",
    **dict.fromkeys(("eval_batch_size", "per_device_eval_batch_size"), "data.batch.eval_times"),
    "num_workers": "data.batch.workers",
    **dict.fromkeys(("model.name", "model_name", "model_name_or_path"), "model.backbone.name"),
    "lora_alpha": "model.backbone.lora.alpha",
    "lora_r": "model.backbone.lora.rank",
    **dict.fromkeys(("lr", "learning_rate"), "model.optim.lr"),
    **dict.fromkeys(("scheduler", "lr_scheduler", "lr_scheduler_type"), "model.optim.schedule"),
    **dict.fromkeys(("optim", "optimizer"), "model.optim.optimizer"),
    **dict.fromkeys(("warmup_ratio", "warmup_steps"), "model.optim.warmup"),
    "wd": "model.optim.weight_decay",
    **dict.fromkeys(("epoch", "epochs", "n_epochs", "num_epochs"), "trainer.max_epochs"),
    "num_train_epochs": "trainer.max_epochs",
    **dict.fromkeys(("bf16", "fp16"), "trainer.precision"),
    "gpus": "trainer.devices",
    "grad_accum": "trainer.accumulate_grad_batches",
    "gradient_accumulation_steps": "trainer.accumulate_grad_batches",
    **dict.fromkeys(("gradient_clip", "max_grad_norm"), "trainer.gradient_clip_val"),
}
"""What other frameworks call an option, and what it is called here."""
_FILE = "data, data.file, data.files, data.input, data.path, data.predict, data.test, data.train"
_FILE += ", data.val, dataset, file, files, filename, infile, input, input_file, input_path, inputs"
_FILE += ", path, source, stdin, text_file"
_CHECKPOINT = "checkpoint, checkpoint_path, ckpt, load, load_from, model, model_dir, model_file"
_CHECKPOINT += ", model_name, model_name_or_path, model_path, run, run.folder, weights"
_OUT = "csv, dest, out_file, outfile, output, output_csv, output_dir, output_file, output_path"
_OUT += ", outputs, predictions, result, results, save, save_path, save_to"
_TEXT = "data.texts, prompt, query, sentence, sentences, string, text_input, texts"
_OF_USE = {
    **dict.fromkeys(_CHECKPOINT.split(", "), "ckpt_path"),
    **dict.fromkeys(_OUT.split(", "), "out"),
    **dict.fromkeys(_TEXT.split(", "), "text"),
    **dict.fromkeys(("label_column", "label_column_name", "data.target.label"), "data.label"),
    "data.input.pair": "data.pair",
    **dict.fromkeys(("text_pair", "pairs", "text2", "text_b"), "pair"),
    **dict.fromkeys(("column", "text_key", "text_column", "field"), "data.text"),
    "data.input.text": "data.text",
    **dict.fromkeys(("skip_bad_rows", "on_bad_row", "errors", "ignore_errors"), "data.on_bad_row"),
    **dict.fromkeys(("cuda", "gpu", "device", "use_gpu"), "hardware.accelerator gpu"),
    **dict.fromkeys(("gpus", "num_gpus", "devices"), "hardware.devices"),
    **dict.fromkeys(("fp16", "bf16", "half", "precision"), "hardware.precision"),
}


def names_for(verb: str) -> dict[str, str]:
    """What else is tried at a verb that uses a checkpoint, and what it is called here.

    Args:
        verb: ``predict`` or ``test``, which name their file alike.
    """
    return ELSEWHERE | _OF_USE | dict.fromkeys(_FILE.split(", "), f"data.{verb}")


def right_name(
    given: str, options: Collection[str], names: Mapping[str, str] = ELSEWHERE
) -> str | None:
    """What was probably meant.

    Args:
        given: an unknown argument, as typed.
        options: those that there are, with their dashes.
        names: what is tried in their place, with the option that is meant.
    """
    name = given.split("=")[0]
    if name in options:  # what is wrong stands elsewhere
        return None
    if not name.startswith("-"):
        takes = _what_takes(name, options, names)
        if not _has(takes, options):
            return None
        quoted = (
            ""
            if takes in ("text", "ckpt_path")
            else "; did a shell expand a pattern? Put it in quotes"
        )
        return f"options begin with dashes: --{takes} {name}{quoted}"
    bare = name.lstrip("-").replace("-", "_").lower()
    last = bare.rpartition(".")[2]
    known = names.get(bare) or names.get(last)
    if known and _has(known.split()[0], options):
        return f"here it is --{known}"
    ends = [option for option in options if option.endswith(f".{bare}")]
    near = ends or difflib.get_close_matches(name, options, n=1, cutoff=0.8)
    return f"did you mean {min(near, key=len)}?" if near else None


def _what_takes(value: str, options: Collection[str], names: Mapping[str, str]) -> str:
    """The option of a value that stands alone: a checkpoint, a file, or else a text to label."""
    suffix = Path(value).suffix
    if suffix == ".ckpt":
        return "ckpt_path"
    return "text" if not suffix and "--text" in options else names.get("file", "data.train")


def _has(name: str, options: Collection[str]) -> bool:
    """Whether there is such an option, or one that it is a part of: `model.backbone.name`."""
    return any(f"--{name}".startswith(f"{option}.") or f"--{name}" == option for option in options)
