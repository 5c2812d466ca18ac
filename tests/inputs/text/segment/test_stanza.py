"""stanza with a tokenizer made here: its own models can't be fetched where tests run."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from conftest import reviews, write_csv
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_parts import text_data

from weitiao.errors import ConfigError, DataError, MissingExtra
from weitiao.inputs.text.segment import Segmenter, stanza
from weitiao.inputs.text.segment.spans import batches
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.inputs.text.tokenization import Encoder

CHARACTERS = "我来到北京清华大学今天气不错，。！ok3.5 "


def save_tokenizer(path: Path, language: str, seed: int, bias: float) -> None:
    """A real model of stanza with drawn weights; `bias` makes its words short or long."""
    import torch
    from stanza.models.tokenization.trainer import Trainer
    from stanza.models.tokenization.vocab import Vocab

    torch.manual_seed(seed)
    vocab = Vocab([[(char, 0) for char in CHARACTERS]], language)
    sizes = {"emb_dim": 4, "hidden_dim": 4, "rnn_layers": 1, "vocab_size": len(vocab)}
    features = ["space_before", "capitalized", "numeric", "end_of_para", "start_of_para"]
    chances = dict.fromkeys(
        ("dropout", "feat_dropout", "unit_dropout", "feat_unit_dropout", "tok_noise"), 0.0
    )
    trainer = Trainer(
        args={
            **sizes,
            **chances,
            "lang": language,
            "shorthand": f"{language}_tiny",
            "feat_funcs": features,
            "feat_dim": len(features),
            "conv_res": None,
            "hierarchical": False,
            "residual": True,
            "use_mwt": False,
            "use_dictionary": False,
            "skip_newline": language.startswith("zh"),
            "max_seqlen": 100,
            "batch_size": 8,
            "lr0": 0.1,
            "weight_decay": 0.0,
        },
        vocab=vocab,
    )
    with torch.no_grad():
        trainer.model.tok_clf.weight *= 20
        trainer.model.tok_clf.bias += bias
    path.parent.mkdir(parents=True, exist_ok=True)
    trainer.save(path)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `stanza.download` leaves it."""
    pytest.importorskip("stanza", reason="needs the extra stanza")
    folder = tmp_path_factory.mktemp("models")
    save_tokenizer(folder / "zh-hans/tokenize/tiny.pt", "zh", 0, bias=0)
    save_tokenizer(folder / "en/tokenize/tiny.pt", "en", 1, bias=99)
    tiny = {
        "tokenize": {"tiny": {"md5": ""}},
        "packages": {"default": {"tokenize": "tiny"}},
        "default_processors": {"tokenize": "tiny"},
    }
    index = {"zh": {"alias": "zh-hans"}, "zh-hans": tiny, "en": tiny, "fr": tiny}
    (folder / "resources.json").write_text(json.dumps(index), "utf-8")
    return folder


TEXTS = [
    "我来到北京清华大学",
    "",
    "今天天气不错，We went out!\r\n  ok",
    " 价格3.5元/斤\n\n\n好",
    "\t",
]


def test_words_come_from_the_model(models: Path) -> None:
    words = Segmenter("stanza", models=str(models)).segment(TEXTS)
    assert ["".join(row) for row in words] == TEXTS
    lengths = {len(word) for row in words for word in row}
    assert {1, 2} < lengths
    english = Segmenter("stanza", models=str(models), language="en").segment(["ok3 ok"])
    assert english == [["o", "k", "3", " ", "o", "k"]]  # its bias ends a word everywhere


def test_an_alias_names_the_same_language(models: Path) -> None:
    short, long = (Segmenter("stanza", models=str(models), language=x) for x in ("zh", "zh-hans"))
    assert short.segment(TEXTS) == long.segment(TEXTS)
    assert short.files() == long.files()


def test_texts_in_bulk_get_the_words_that_each_gets_alone(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segmenter = Segmenter("stanza", models=str(models))
    texts = TEXTS * 3
    together = segmenter.segment(texts)
    assert together == [segmenter.segment([text])[0] for text in texts]
    monkeypatch.setattr(stanza, "_BATCH", 20)
    assert segmenter.segment(texts) == together


@pytest.mark.parametrize("language", ["zh", "en"])
def test_words_join_to_the_texts(models: Path, language: str) -> None:
    segmenter = Segmenter("stanza", models=str(models), language=language)

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.text(
                st.one_of(
                    st.sampled_from(
                        "我的，。 \t\r\n\u3000\x85\x0b\u2028\x00ab1<>\\😀𠮷\u200d\ufeff"
                    ),
                    st.characters(exclude_categories=["Cs"]),
                ),
                max_size=20,
            ),
            max_size=5,
        )
    )
    def check(texts: list[str]) -> None:
        words = segmenter.segment(texts)
        assert ["".join(row) for row in words] == texts
        assert all(word for row in words for word in row)

    check()


def test_a_word_longer_than_the_models_window_stays_whole(models: Path, tmp_path: Path) -> None:
    save_tokenizer(tmp_path / "zh-hans/tokenize/tiny.pt", "zh", 0, bias=-99)
    (tmp_path / "resources.json").write_text((models / "resources.json").read_text())
    text = "我" * 2500  # stanza itself calls a word beyond 1,000 characters "<UNK>"
    assert Segmenter("stanza", models=str(tmp_path)).segment([text, "来到"]) == [[text], ["来到"]]


def test_another_model_prepares_anew(models: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(models, tmp_path / "models")
    segmenter = Segmenter("stanza", models=str(folder))
    file = write_csv(tmp_path / "my.csv", reviews(30), ("text", "label"))
    encoder = Encoder("words", min_count=1)
    options = {"segment": segmenter, "encode": encoder, "cache": str(tmp_path / "cache")}
    before = text_data(train=str(file), **options).prepared
    state = before.fitted.state()["encoder"]
    save_tokenizer(folder / "zh-hans/tokenize/tiny.pt", "zh", 2, bias=99)
    after = text_data(train=str(file), **options).prepared
    assert before.folder != after.folder
    states = [p.fitted.state()["encoder"] for p in (before, after)]
    vocabularies = [json.loads(state["tokenizer"])["model"]["vocab"] for state in states]
    longest = [max(len(w) for w in words if w[0] != "[") for words in vocabularies]
    assert longest[0] > longest[1] == 1
    with pytest.raises(ConfigError, match="stanza's model has changed"):
        TextEncoder.from_state(state, segmenter)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", ["'fr'", 'stanza.download("fr", processors="tokenize", model_dir="']),
        ("xx", ["'xx' is no language of", "resources.json"]),
    ],
)
def test_a_missing_model_names_the_command_that_fetches_it(
    models: Path, language: str, said: list[str]
) -> None:
    segmenter = Segmenter("stanza", models=str(models), language=language)
    for use in (segmenter.files, lambda: segmenter.segment(["我"])):
        with pytest.raises(ConfigError) as caught:
            use()
        assert all(words in str(caught.value) for words in said), caught.value


def test_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a request")

    pytest.importorskip("stanza", reason="needs the extra stanza")
    monkeypatch.setattr("requests.sessions.Session.request", refuse)
    with pytest.raises(ConfigError, match=r"stanza\.download"):
        Segmenter("stanza", models=str(tmp_path)).segment(["我"])
    monkeypatch.setattr("stanza.resources.common.DEFAULT_MODEL_DIR", str(tmp_path))
    with pytest.raises(ConfigError, match=r'download\("zh", processors="tokenize"\)'):
        Segmenter("stanza").segment(["我"])


@pytest.mark.parametrize("index", ["", "[]", "{", '{"zh": 3}'])
def test_a_broken_index_is_named(index: str, tmp_path: Path) -> None:
    (tmp_path / "resources.json").write_text(index)
    with pytest.raises(DataError, match="not stanza's index"):
        Segmenter("stanza", models=str(tmp_path)).files()


def test_a_broken_model_is_told(models: Path, tmp_path: Path) -> None:
    (tmp_path / "zh-hans/tokenize").mkdir(parents=True)
    (tmp_path / "zh-hans/tokenize/tiny.pt").write_bytes(b"no model")
    (tmp_path / "resources.json").write_text((models / "resources.json").read_text())
    with pytest.raises(ConfigError, match="can't load its model of 'zh'"):
        Segmenter("stanza", models=str(tmp_path)).segment(["我"])


def test_a_model_that_hides_code_is_not_run(models: Path, tmp_path: Path) -> None:
    import torch

    class Code:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "run"),)

    (tmp_path / "zh-hans/tokenize").mkdir(parents=True)
    torch.save({"model": Code()}, tmp_path / "zh-hans/tokenize/tiny.pt")
    (tmp_path / "resources.json").write_text((models / "resources.json").read_text())
    with pytest.raises(ConfigError, match="can't load its model"):
        Segmenter("stanza", models=str(tmp_path)).segment(["我"])
    assert not (tmp_path / "run").exists()


def test_a_missing_package_names_its_extra(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stanza._load.cache_clear()
    monkeypatch.setitem(sys.modules, "stanza", None)
    for folder in (None, str(models)):
        with pytest.raises(MissingExtra, match=r"weitiao\[stanza\]"):
            Segmenter("stanza", models=folder).segment(["我"])


def test_batches_keep_the_order_and_their_size() -> None:
    texts = ["我" * n for n in (3, 0, 5, 99, 1, 1, 1)]
    found = list(batches(texts, 10))
    assert [text for batch in found for text in batch] == texts
    assert [len("\n".join(batch)) <= 10 for batch in found] == [True, False, True]
    assert list(batches([], 10)) == []
