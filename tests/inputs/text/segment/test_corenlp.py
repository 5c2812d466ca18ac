"""CoreNLP over HTTP, against a fake of its server: no CoreNLP is installed where tests run."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import corenlp_fake
import pytest
from conftest import reviews, write_csv
from corenlp_fake import Fake, token
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_parts import text_data

from weitiao.errors import ConfigError, MissingExtra
from weitiao.inputs.text.segment import Segmenter, corenlp
from weitiao.inputs.text.tokenization import Encoder


@pytest.fixture
def fake() -> Iterator[Fake]:
    fake = Fake()
    server = corenlp_fake.start(fake)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib3.Retry.DEFAULT_BACKOFF_MAX", 0)


def segment(fake: Fake, texts: list[str], **options: object) -> list[list[str]]:
    return Segmenter("corenlp", url=fake.url, **options).segment(texts)


def test_words_are_slices_of_the_text(fake: Fake) -> None:
    texts = ["我来到北京(清华) 100%25+1", "", " \t ", "We went  out!\n好的\r\n再见", "\u3000好 "]
    assert segment(fake, texts) == [
        [*("我来", "到北", "京", "(", "清华", ")", " ", "100", "%", "25", "+", "1")],
        [],
        [" \t "],
        ["We", " ", "went", "  ", "out", "!", "\n", "好的", "\r\n", "再见"],
        ["\u3000", "好", " "],
    ]


def test_characters_beyond_16_bits_shift_nothing(fake: Fake) -> None:
    texts = ["😀好的", "𠮷野家，👨\u200d👩很好", "平常的 text"]
    assert segment(fake, texts) == [
        ["😀", "好的"],
        ["𠮷", "野家", "，", "👨", "\u200d", "👩", "很好"],
        ["平常", "的", " ", "text"],
    ]


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    texts=st.lists(
        st.text(
            st.one_of(
                st.sampled_from("我的，。 \t\r\n\u3000\x85\u2028\x00ab1%+&=()\\\"'😀𠮷\u200d"),
                st.characters(exclude_categories=["Cs"]),
            ),
            max_size=20,
        ),
        max_size=6,
    )
)
def test_words_join_to_the_texts(fake: Fake, texts: list[str]) -> None:
    words = segment(fake, texts)
    assert ["".join(row) for row in words] == texts
    assert all(word for row in words for word in row)


def test_what_the_server_leaves_out_stays_a_word(fake: Fake) -> None:
    fake.answer = lambda text, _: {"sentences": [{"tokens": [token(text, 1, 2)]}]}
    assert segment(fake, ["ab❤c"]) == [["a", "b", "❤c"]]


def test_tokens_that_share_characters_are_not_doubled(fake: Fake) -> None:
    spans = ((0, 2), (0, 2), (1, 3))
    fake.answer = lambda text, _: {"tokens": [token(text, *span) for span in spans]}
    assert segment(fake, ["dux"]) == [["du", "x"]]


def test_texts_travel_together_and_never_mix(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"第{i}个文本" for i in range(50)]
    alone = [segment(fake, [text])[0] for text in texts]
    fake.texts.clear()
    assert segment(fake, texts) == alone
    assert len(fake.texts) == 1
    fake.texts.clear()
    monkeypatch.setattr(corenlp, "_BATCH", 30)
    assert segment(fake, texts) == alone
    assert 8 < len(fake.texts) < 50
    assert max(map(len, fake.texts)) <= 30


def test_requests_share_a_connection_and_run_side_by_side(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corenlp, "_BATCH", 4)
    texts = [f"文本{i}" for i in range(12)]
    expected = segment(fake, texts)
    assert (fake.connections, fake.most_busy) == (1, 1)
    fake.seconds = 0.02
    assert segment(fake, texts, workers=4) == expected
    assert fake.most_busy in (3, 4)
    assert fake.connections <= 1 + 4


def test_the_language_is_told_twice(fake: Fake) -> None:
    segment(fake, ["hello"], language="en")
    (sent,) = fake.properties
    assert (sent["pipelineLanguage"], sent["tokenize.language"]) == ("en", "en")
    assert sent["annotators"] == "tokenize,ssplit"


def test_no_proxy_catches_the_server(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert segment(fake, ["好的"]) == [["好的"]]


@pytest.mark.parametrize("fault", [(500, b"timed out"), (503, b""), (0, b"")])
def test_a_passing_fault_is_tried_again(fake: Fake, fault: tuple[int, bytes]) -> None:
    fake.faults = [fault]
    assert segment(fake, ["好的"]) == [["好的"]]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ((500, "java.io.IOException: 找不到 ctb.gz".encode()), ["500", "找不到 ctb.gz", "jar"]),
        ((500, b""), ["500", "nothing more"]),
        ((401, b'{"message": "Unauthorized API request"}'), ["401", "Unauthorized"]),
        ((0, b""), ["no CoreNLP server answers"]),
    ],
)
def test_a_lasting_fault_is_told(fake: Fake, fault: tuple[int, bytes], said: list[str]) -> None:
    fake.faults = [fault] * 99
    with pytest.raises(ConfigError) as caught:
        segment(fake, ["好的"])
    assert all(words in str(caught.value) for words in [fake.url, *said]), caught.value
    assert len(fake.faults) >= 96


def test_a_text_that_the_server_finds_too_long_is_told(fake: Fake) -> None:
    with pytest.raises(ConfigError, match=r"too long to be handled.*\n.*-maxCharLength"):
        segment(fake, ["好" * 100_001])


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"sentences": 3}',
        b'{"sentences": [{}]}',
        b'{"sentences": [{"tokens": [{"word": "a"}]}]}',
        b'{"tokens": [{"characterOffsetBegin": 0, "characterOffsetEnd": 2}]}',
        b'{"tokens": [{"characterOffsetBegin": "0", "characterOffsetEnd": 2,'
        b' "originalText": "a"}]}',
        b'{"tokens": [{"characterOffsetBegin": 99, "characterOffsetEnd": 100,'
        b' "originalText": "a"}]}',
        b'{"tokens": [{"characterOffsetBegin": 1, "characterOffsetEnd": 2, "originalText": "x"}]}',
    ],
)
def test_an_answer_without_tokens_is_told(fake: Fake, answer: bytes) -> None:
    fake.answer = lambda *_: answer
    with pytest.raises(ConfigError, match="has no tokens of this text") as caught:
        segment(fake, ["😀好的"])
    assert fake.url in str(caught.value)


def test_a_server_that_joins_lines_is_found_out(fake: Fake) -> None:
    fake.answer = lambda text, _: {"tokens": [token(text, 1, 4)]}
    with pytest.raises(ConfigError, match="from one text into the next"):
        segment(fake, ["好的", "再见"])


def test_tokens_of_line_ends_are_left_out(fake: Fake) -> None:
    spans = ((0, 2), (2, 3), (3, 5))
    fake.answer = lambda text, _: {"tokens": [token(text, *span) for span in spans]}
    assert segment(fake, ["好的", "再见"]) == [["好的"], ["再见"]]


@pytest.mark.parametrize("ping", [(404, b"not found"), (200, b"<html>"), (401, b"")])
def test_another_server_is_told_apart(fake: Fake, ping: tuple[int, bytes]) -> None:
    fake.ping = ping
    with pytest.raises(ConfigError, match=r"no CoreNLP server\n.*StanfordCoreNLPServer"):
        segment(fake, ["好的"])
    assert fake.texts == []


def test_no_server_is_told_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(ConfigError, match=r"Connection refused\n.*StanfordCoreNLPServer") as e:
            Segmenter("corenlp", url=url).segment(["好的"])
    assert url in str(e.value)
    assert time.monotonic() - start < 2


def test_a_server_that_says_nothing_is_given_up(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        monkeypatch.setattr(corenlp, "_CONNECT_SECONDS", 0.1)
        with pytest.raises(ConfigError, match="read timeout"):
            Segmenter("corenlp", url=url).segment(["好的"])
    fake.seconds = 1
    monkeypatch.setattr(corenlp, "_PATIENCE", 0.1)
    with pytest.raises(ConfigError, match="read timeout"):
        segment(fake, ["好的"])


def test_a_fault_stops_the_other_requests(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corenlp, "_BATCH", 2)
    fake.faults = [(404, b"gone")]
    fake.seconds = 0.01
    with pytest.raises(ConfigError, match="404"):
        segment(fake, ["好的"] * 200)
    assert len(fake.texts) < 20


def test_what_is_prepared_needs_the_server_no_more(fake: Fake, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "my.csv", reviews(40), ("text", "label"))
    encoder = Encoder("words", min_count=1)
    segmenter = Segmenter("corenlp", url=fake.url)
    data = text_data(train=str(file), segment=segmenter, encode=encoder, cache=str(tmp_path / "c"))
    vocabulary = json.loads(data.prepared.fitted.state()["encoder"]["tokenizer"])["model"]["vocab"]
    assert {len(word) for word in vocabulary if not word.startswith("[")} == {1, 2}
    fake.ping = (404, b"")
    again = text_data(train=str(file), segment=segmenter, encode=encoder, cache=str(tmp_path / "c"))
    assert again.prepared.folder == data.prepared.folder


def test_a_missing_package_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "urllib3", None)
    with pytest.raises(MissingExtra, match=r"weitiao\[corenlp\]"):
        Segmenter("corenlp").segment(["好"])
