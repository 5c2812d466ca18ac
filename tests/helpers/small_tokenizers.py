"""Small tokenizers, trained or saved as pretrained ones, and what tests read of them."""

from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.special_tokens import SPECIALS
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.inputs.text.tokenization import Encoder

TEXTS = ["我来到北京清华大学", "今天天气不错，We went OUT!", "", "北京 天气", "大学大学", "out out"]
CLS, SEP, UNK = (SPECIALS.index(name) for name in ("[CLS]", "[SEP]", "[UNK]"))


def fit(tokenizer="characters", texts=TEXTS, segmenter=None, **options):
    return Encoder(tokenizer, **options).fit(texts, segmenter or Segmenter())


def rows(table, column="input_ids"):
    return table[column].to_pylist()


def vocabulary(encoder: TextEncoder) -> set[str]:
    return set(encoder.backend.get_vocab()) - set(SPECIALS)


def save_tokenizer(folder: Path, *, special=True, **names) -> str:
    """A small pretrained tokenizer of letters."""
    vocab = {name: i for i, name in enumerate(["<unk>", "<pad>", "<s>", "</s>", *"abcdefgh "])}
    backend = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    if special:
        backend.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>",
            pair="<s> $A </s> </s> $B </s>",
            special_tokens=[("<s>", 2), ("</s>", 3)],
        )
    names = {"unk_token": "<unk>", "pad_token": "<pad>"} | names
    PreTrainedTokenizerFast(tokenizer_object=backend, **names).save_pretrained(folder)
    return str(folder)
