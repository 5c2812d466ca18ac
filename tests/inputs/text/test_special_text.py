"""Special tokens that stand in a text are read as text, or as an option says."""

import pytest
from small_tokenizers import CLS, SEP, fit, rows
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from weitiao.errors import ConfigError
from weitiao.inputs.text.coverage import Coverage
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.special_tokens import SPECIALS
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.inputs.text.tokenization import Encoder


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("tokenizer", ["characters", "wordpiece", "words"])
def test_a_trained_tokenizer_reads_special_tokens_in_a_text_as_text(tokenizer, lowercase):
    text = "好 [SEP] [PAD] [CLS] [MASK] 坏"
    cut = Segmenter("whitespace")
    encoder = fit(tokenizer, [text, "好坏 SEP"], cut, min_count=1, lowercase=lowercase)
    for one in (encoder, TextEncoder.from_state(encoder.state(), cut)):
        (ids,) = rows(one.encode([text]))
        assert not {encoder.pad_id, CLS, SEP, SPECIALS.index("[MASK]")} & set(ids[1:-1])
        assert Coverage.of(one, one.encode([text, "好"])).special_rows == 0


@pytest.mark.parametrize("kind", ["unigram", "added"])
def test_an_option_decides_what_special_tokens_in_a_text_mean(kind, tmp_path):
    pieces = [*("<pad>", "</s>", "<unk>", "<s>"), "▁", "<", "/", "s", ">", *"abc"]
    if kind == "unigram":  # as XLM-R: they stand in the vocabulary itself
        backend = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], 2))
        backend.pre_tokenizer = pre_tokenizers.Metaspace()
    else:
        backend = Tokenizer(models.WordLevel({p: i for i, p in enumerate(pieces)}, "<unk>"))
        backend.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 3), ("</s>", 1)]
    )
    names = {"unk_token": "<unk>", "pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}
    PreTrainedTokenizerFast(tokenizer_object=backend, **names).save_pretrained(tmp_path)
    texts = ["ab</s>c", "<pad>a", "abc", "a < s >"]
    for habit, option, special in (
        *((None, None, 2), (None, "keep", 2), (None, "split", 0)),
        *((True, None, 0), (True, "keep", 2)),
    ):
        if habit:
            own = AutoTokenizer.from_pretrained(tmp_path, split_special_tokens=True)
            own.save_pretrained(tmp_path)
        encoder = fit(str(tmp_path), special_text=option)
        again = TextEncoder.from_state(encoder.state(), Segmenter())
        for one in (encoder, again):
            table = one.encode(texts)
            assert Coverage.of(one, table).special_rows == special, (habit, option)
            assert rows(table)[2] == rows(fit(str(tmp_path)).encode(texts))[2]
        assert again.state() == encoder.state()


def test_what_trained_tokenizers_do_with_special_tokens_is_no_option():
    with pytest.raises(ConfigError, match="special_text has no effect: 'characters'"):
        Encoder(special_text="keep")
