import logging
import os
import re
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib.externals.loky import get_reusable_executor

from weitiao.errors import ConfigError, DataError
from weitiao.inputs.text.segment import Segmenter, dictionary

METHODS = ["jieba", "rjieba", "char", "whitespace"]
CORPUS = Path(__file__).parents[5] / "shared" / "data" / "chnsenticorp" / "train.tsv"
TEXTS = ["我来到北京清华大学", "今天天气不错，We went out!\r\n  ok", "", "价格3.5元/斤", "\u3000"]


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("jieba", ["我", "来到", "北京", "清华大学", " ", "ok"]),
        ("rjieba", ["我", "来到", "北京", "清华大学", " ", "ok"]),
        ("char", ["我", "来", "到", "北", "京", "清", "华", "大", "学", " ", "o", "k"]),
        ("whitespace", ["我来到北京清华大学", " ", "ok"]),
    ],
)
def test_each_method_cuts_in_its_own_way(method, words):
    assert Segmenter(method).segment(["我来到北京清华大学 ok"]) == [words]


texts_of_all_kinds = st.text(
    st.one_of(
        st.sampled_from(
            "我来到北京大学的了，。！“”《》 \t\r\n\u3000\xa0\u200b\x00abcXYZ019.-_%+#&@/:"
        ),
        st.sampled_from("👨\u200d👩\ufe0f❤é\u0301𠮷"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    "segmenter",
    [*map(Segmenter, METHODS), Segmenter("jieba", hmm=False), Segmenter("rjieba", hmm=False)],
)
def test_words_join_to_the_text(segmenter):

    @settings(max_examples=150)
    @given(texts_of_all_kinds)
    def check(text):
        (words,) = segmenter.segment([text])
        assert "".join(words) == text
        assert all(words)

    check()


@pytest.mark.parametrize("method", METHODS)
def test_words_join_to_the_text_over_a_corpus(method):
    if not CORPUS.exists():
        pytest.skip("needs ../shared/data/chnsenticorp")
    texts = CORPUS.read_text(encoding="utf-8").splitlines()
    if method == "jieba":
        texts = texts[::20]
    assert ["".join(words) for words in Segmenter(method).segment(texts)] == texts


@pytest.mark.parametrize("method", ["jieba", "rjieba"])
def test_hmm_finds_words_that_the_dictionary_lacks(method):
    text = "他来到了网易杭研大厦"
    assert "杭研" in Segmenter(method).segment([text])[0]
    assert "杭研" not in Segmenter(method, hmm=False).segment([text])[0]


@pytest.mark.parametrize("method", ["jieba", "rjieba"])
def test_user_words_are_kept_whole_and_stay_private(method, tmp_path):
    file = tmp_path / "words.txt"
    file.write_text(
        "\ufeff石墨烯\n\n李小福 200000 nr\n韩玉赏鉴 nz\n云计算 5000\n", encoding="utf-8"
    )
    text = ["石墨烯和李小福在韩玉赏鉴搞云计算"]
    expected = ["石墨烯", "和", "李小福", "在", "韩玉赏鉴", "搞", "云计算"]
    assert Segmenter(method, hmm=False, user_dict=str(file)).segment(text) == [expected]
    assert "石墨烯" not in Segmenter(method, hmm=False).segment(text)[0]


def test_an_edited_user_dictionary_is_read_again(tmp_path):
    file = tmp_path / "words.txt"
    file.write_text("甲乙丙丁\n", encoding="utf-8")
    segmenter = Segmenter(user_dict=str(file))
    segmenter.segment(["甲乙丙丁"])
    file.write_text("乙丙\n石墨烯\n", encoding="utf-8")
    os.utime(file, ns=(1, 1))
    assert "石墨烯" in segmenter.segment(["石墨烯"])[0]


@pytest.mark.parametrize(
    ("line", "row"),
    [("好词 五", 2), ("两个 词 n v", 2), ("词 -3", 2), ("词 0", 2), ("词 1.5", 2), ("词 n 3", 2)],
)
def test_a_bad_dictionary_line_is_named(line, row, tmp_path):
    file = tmp_path / "words.txt"
    file.write_text(f"好 3 n\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match="not a dictionary entry") as caught:
        Segmenter("jieba", user_dict=str(file)).segment(["好"])
    assert (caught.value.file, caught.value.row, caught.value.value) == (str(file), row, line)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("石墨烯 9\n女装 9\n", "gb18030"),  # well-formed UTF-8 as well
        ("卡拉OK\r\n石墨烯 9 n\r\n", "gb18030"),
        ("石墨烯\n", "utf-16"),
        ("自然語言處理\n石墨烯\n", "big5"),
        ("café\nnaïve\n", "utf-8"),  # hanzi in GB18030
        ("слово\nκαλό\n", "utf-8"),
    ],
)
def test_the_encoding_of_a_file_is_found(text, encoding, tmp_path):
    file = tmp_path / "words.txt"
    if encoding == "big5":
        text = text.replace("烯", "水")
    file.write_bytes(text.encode(encoding))
    words = [line.split()[0] for line in text.split()]
    said = Segmenter(user_dict=str(file)).words()
    assert [word for word, *_ in said.dictionary] == [
        w for w in words if not w.isdigit() and w != "n"
    ]
    stop = tmp_path / "stop.txt"
    stop.write_bytes("\n".join(words).encode(encoding))
    assert Segmenter(stop_words=str(stop)).words().stop == set(words)


@pytest.mark.parametrize("option", ["user_dict", "stop_words"])
def test_a_file_of_two_encodings_is_refused(option, tmp_path):
    file = tmp_path / "words.txt"
    file.write_bytes("好的词\n".encode() * 9 + "好的词\n".encode("gb18030"))
    with pytest.raises(DataError, match=r"words\.txt.*not utf-8|encoding can't be told") as caught:
        Segmenter(**{option: str(file)}).words()
    assert "data.encoding" not in str(caught.value)


@pytest.mark.parametrize("option", ["user_dict", "stop_words"])
def test_a_missing_file_is_refused_before_anything_is_cut(option, tmp_path):
    segmenter = Segmenter(**{option: str(tmp_path / "none.txt")})
    for use in (segmenter.words, segmenter.files, partial(segmenter.segment, [])):
        with pytest.raises(DataError, match=f"{option}: no such file"):
            use()


@pytest.mark.parametrize("method", ["jieba", "rjieba"])
def test_words_that_are_cut_nevertheless_are_told_once(method, tmp_path, capsys):
    file = tmp_path / "words.txt"
    signs = ["*ST舜船", "[/白眼]", "a/d", "A·B", "①号", "好~"]
    file.write_text("\n".join([*signs, "C++", "19-9", "石墨烯"]), encoding="utf-8")
    segmenter = Segmenter(method, user_dict=str(file))
    for _ in range(2):
        segmenter.segment(["石墨烯和C++"])
    told = capsys.readouterr().err
    assert told.count("!") == 1
    assert "6 of 9 words never come out whole" in told
    assert f": {', '.join(signs[:5])}, …" in told
    file.write_text("石墨烯", encoding="utf-8")
    segmenter.segment(["石墨烯"])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("jieba", ["我", "书", " ", " ", "end"]),
        ("rjieba", ["我", "书", " ", " ", "end"]),
        ("char", ["我", "书", " ", "t", "h", "e", " ", "e", "n", "d"]),
        ("whitespace", ["我的书，", " ", " ", "end"]),
    ],
)
def test_stop_words_are_dropped_after_segmentation(method, words, tmp_path):
    file = tmp_path / "stop.txt"
    file.write_text("\ufeff的\n\n，\nthe\n", encoding="utf-8")
    assert Segmenter(method, stop_words=str(file)).segment(["我的书， the end"]) == [words]


def test_a_stop_word_with_a_space_is_named(tmp_path):
    file = tmp_path / "stop.txt"
    file.write_text("的\n两 个\n", encoding="utf-8")
    with pytest.raises(DataError, match="no white space") as caught:
        Segmenter(stop_words=str(file)).words()
    assert caught.value.row == 2


@pytest.mark.parametrize(
    "options",
    [
        {"method": "pkuseg"},
        {"method": "Jieba"},
        {"workers": 0},
        {"method": "char", "hmm": False},
        {"method": "char", "workers": 2},
        {"method": "whitespace", "user_dict": "words.txt"},
        {"method": "stanza", "workers": 2},
        {"method": "stanza", "url": "http://localhost:9001"},
        {"method": "stanza", "language": ""},
        {"method": "stanza", "language": "zh/../en"},
        {"method": "corenlp", "models": "folder"},
        {"method": "corenlp", "hmm": False},
        {"method": "corenlp", "url": "localhost:9000"},
        {"method": "corenlp", "url": "http://"},
        {"method": "rjieba", "language": "en"},
    ],
)
def test_what_a_method_cannot_do_is_refused(options):
    with pytest.raises(ConfigError):
        Segmenter(**options)


@pytest.fixture
def _processes_end():
    yield
    get_reusable_executor().shutdown(wait=True)  # other tests count processes


@pytest.mark.usefixtures("_processes_end")
@pytest.mark.parametrize("method", [pytest.param("jieba", marks=pytest.mark.slow), "rjieba"])
def test_two_workers_give_the_words_of_one(method, monkeypatch, tmp_path):
    words, stop = tmp_path / "words.txt", tmp_path / "stop.txt"
    words.write_text("石墨烯\n", encoding="utf-8")
    stop.write_text("，\n", encoding="utf-8")
    files = {"user_dict": str(words), "stop_words": str(stop)}
    texts = [f"{text}{i}石墨烯" if text else "" for i in range(20) for text in TEXTS]
    expected = Segmenter(method, **files).segment(texts)
    monkeypatch.setitem(dictionary._WORTH_PROCESSES, method, 1)
    monkeypatch.setattr(dictionary, "_slice_words", slices := Mock(wraps=dictionary._slice_words))
    assert Segmenter(method, workers=2, **files).segment(texts) == expected
    assert slices.call_count == 8  # 2 workers had 4 chunks each


def test_small_input_starts_no_process(monkeypatch):
    monkeypatch.setattr(dictionary, "_cut_in_processes", None)
    assert Segmenter(workers=2).segment(["我来到北京"]) == [["我", "来到", "北京"]]


def test_jieba_leaves_no_cache_and_says_nothing(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    dictionary._load_cutter.cache_clear()
    level = logging.getLogger("jieba").level
    Segmenter("jieba").segment(["我来到北京"])
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().err == ""
    assert logging.getLogger("jieba").level in (level, logging.DEBUG)


def test_the_global_tokenizers_stay_untouched(tmp_path):
    import jieba
    import rjieba

    file = tmp_path / "words.txt"
    file.write_text("石墨烯 90000\n", encoding="utf-8")
    for method in ("jieba", "rjieba"):
        Segmenter(method, user_dict=str(file)).segment(["石墨烯"])
    assert not jieba.dt.initialized
    assert not rjieba.has_word("石墨烯")


def test_importing_the_module_loads_no_segmenter():
    code = "import sys, weitiao.inputs.text.segment; print([m for m in sys.modules])"
    path = str(Path(dictionary.__file__).parents[4])
    shown = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True
    ).stdout
    assert "weitiao.inputs.text.segment" in shown
    assert not re.findall(r"'(jieba|rjieba|joblib|torch|stanza|urllib3|http.client)'", shown)
