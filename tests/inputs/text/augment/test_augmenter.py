"""What each method does to any text, and what it must leave alone."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from methods import METHODS, TEXTS, build, files, keys

from weitiao.errors import ConfigError
from weitiao.inputs.text.augment import Augmentation, Augmenter, Step
from weitiao.inputs.text.augment.kept import pattern_of
from weitiao.inputs.text.augment.step import INSIDE_WORDS
from weitiao.inputs.text.segment import Segmenter


@pytest.fixture(scope="session")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return files(tmp_path_factory.mktemp("augment"))


@pytest.fixture(scope="session")
def ready(paths: dict[str, str]) -> dict[str, Augmentation]:
    """Each method, applied to every text."""
    steps = {method: Step(method, p=1.0, path=paths.get(method)) for method in METHODS}
    return {method: build(step) for method, step in steps.items()}


@pytest.fixture(scope="session")
def changed(ready: dict[str, Augmentation]) -> dict[str, list[str]]:
    return {method: augment(TEXTS, keys(len(TEXTS))) for method, augment in ready.items()}


def letters(text: str) -> list[str]:
    return sorted(char for char in text.lower() if not char.isspace())


# -- words that are kept ---------------------------------------------------------------------------

NEGATED = [
    *("The room is not good.", "Never again", "I don't like it, and they wouldn’t help", "not"),
    *(
        "Without a window it was nothing",
        "房间不好",
        "服务没有改进，早餐也不错",
        "別買",
        "无法入住 非常失望",
    ),
]
NEGATION = re.compile(r"not|never|n['’]t|without|nothing|[不没別无非]", re.IGNORECASE)


def negations(texts: list[str]) -> list[list[str]]:
    return [NEGATION.findall(text.lower()) for text in texts]


@pytest.mark.parametrize("segmenter", [Segmenter(), Segmenter("char"), Segmenter("whitespace")])
@pytest.mark.parametrize("method", METHODS)
def test_negations_stay_and_none_comes_in(
    method: str, segmenter: Segmenter, paths: dict[str, str]
) -> None:
    if segmenter.method == "char" and method in INSIDE_WORDS:
        return
    texts = [*NEGATED, "房间很好，服务也好", "The room is good"]
    if segmenter.method == "char":  # letters that change places make any word
        texts = [text for text in texts if not text.isascii() and "’" not in text]
    file = None if method == "reserved" and segmenter.method == "char" else paths.get(method)
    if method == "reserved" and file is None:
        return
    step = Step(method, p=1.0, share=0.9, path=file)
    for epoch in range(15):
        found = build(step, segmenter=segmenter)(texts, keys(len(texts), epoch))
        assert negations(found) == negations(texts), found


@pytest.mark.parametrize("method", ["swap", "delete", "crop", "char_delete"])
def test_what_is_kept_is_an_option(method: str) -> None:
    text = "这家酒店的房间真的是不怎么好"
    for keep, word in (([], "不"), (["酒店", "房间"], "不"), (["酒店", "房间"], None)):
        step = Step(method, p=1.0, share=0.4, keep=keep)
        found = build(step)([text] * 40, keys(40))
        if word:
            assert any(text.index(word) != new.find(word) for new in found)
        else:
            assert all(new.count("酒店") == new.count("房间") == 1 for new in found)


def test_a_word_that_is_kept_is_a_whole_one() -> None:
    found = pattern_of(["no", "ABC", "不"]).findall("No, nobody knows: abc abcd 不好 (no)")
    assert found == ["No", "abc", "不", "no"]


# -- every method ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_every_text_comes_back_in_its_place(method: str, changed: dict[str, list[str]]) -> None:
    after = changed[method]
    assert len(after) == len(TEXTS)
    differ = [i for i, (one, two) in enumerate(zip(TEXTS, after, strict=True)) if one != two]
    assert len(differ) > len(TEXTS) / 10
    for i, text in enumerate(after):
        assert bool(text.strip()) == bool(TEXTS[i].strip()), "a text was emptied, or filled"
        if len({*TEXTS[i]}) > 10:
            assert len({*text} & {*TEXTS[i]}) >= len({*TEXTS[i]}) / 2, "another row's text"


@pytest.mark.parametrize("method", METHODS)
def test_a_result_depends_on_nothing_but_its_key(
    method: str, ready: dict[str, Augmentation], changed: dict[str, list[str]]
) -> None:
    random.seed(5)
    np.random.seed(5)
    order = np.random.default_rng(0).permutation(len(TEXTS))[:60].tolist()
    every = keys(len(TEXTS))
    alone = ready[method]([TEXTS[i] for i in order], [every[i] for i in order])
    assert alone == [changed[method][i] for i in order]


@pytest.mark.parametrize("method", METHODS)
def test_seeds_and_epochs_give_other_texts(
    method: str, ready: dict[str, Augmentation], changed: dict[str, list[str]]
) -> None:
    for other in (keys(len(TEXTS), epoch=1), keys(len(TEXTS), seed=2)):
        assert ready[method](TEXTS, other) != changed[method]


@pytest.mark.parametrize("method", METHODS)
def test_other_generators_are_untouched(method: str, ready: dict[str, Augmentation]) -> None:
    def states() -> tuple[object, ...]:
        return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()

    before = states()
    ready[method](TEXTS[:20], keys(20))
    assert states() == before


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "segmenter", [Segmenter("char"), Segmenter("whitespace")], ids=["char", "whitespace"]
)
def test_any_segmenter_will_do(
    method: str, segmenter: Segmenter, paths: dict[str, str], tmp_path: Path
) -> None:
    path = paths.get(method)
    if method == "reserved":
        path = str(tmp_path / "groups.txt")
        Path(path).write_text("好 佳\na b\n", "utf-8")
    if segmenter.method == "char" and method in INSIDE_WORDS:
        with pytest.raises(ConfigError, match="no effect on words of one character"):
            build(Step(method), segmenter=segmenter)
        return
    after = build(Step(method, p=1.0, path=path), segmenter=segmenter)(TEXTS, keys(len(TEXTS)))
    assert len(after) == len(TEXTS)
    assert after != TEXTS


def test_what_is_not_changed_stays_to_the_letter(paths: dict[str, str]) -> None:
    texts = ["\t房间\n服务  不错 ", " 酒店　很 好 !", "A  Very good movie\n"]
    assert build(Step("reserved", p=1.0, path=paths["reserved"]))(texts, keys(3)) != texts
    augment = build(Step("char_swap", p=1.0))
    for text, after in zip(texts, augment(texts, keys(3)), strict=True):
        spaces = [char if char.isspace() else "_" for char in text]
        assert [char if char.isspace() else "_" for char in after] == spaces
        assert letters(after) == letters(text)


# -- what each method does -------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["swap", "split", "char_swap"])
def test_moving_keeps_every_letter(method: str, changed: dict[str, list[str]]) -> None:
    for before, after in zip(TEXTS, changed[method], strict=True):
        if before.isascii() or before.strip() in ("ﷺ",):
            continue
        assert letters(before) == letters(after)


def test_split_parts_words_by_a_space() -> None:
    (after,) = build(Step("split", p=1.0, share=0.5))(["酒店服务"], keys(1))
    assert after in ("酒 店服务", "酒店服 务")


def test_delete_and_crop_shorten(changed: dict[str, list[str]]) -> None:
    for method in ("delete", "crop", "char_delete"):
        for before, after in zip(TEXTS, changed[method], strict=True):
            assert len(after) <= len(before)


def test_crop_takes_one_run_out_of_two_words_and_more() -> None:
    augment = build(Step("crop", p=1.0, share=0.3))
    words = list("abcdefghij")
    seen = set()
    for count in (1, 2, 3, 10):
        text = " ".join(words[:count])
        for after in augment([text] * 30, keys(30)):
            gone = [i for i, word in enumerate(words[:count]) if word not in after.split()]
            assert gone == list(range(gone[0], gone[0] + len(gone))) if gone else count == 1
            seen.add((count, len(gone)))
    assert seen == {(1, 0), (2, 1), (3, 1), (10, 3)}


def test_the_share_is_that_of_the_words() -> None:
    words = " ".join("abcdefghijklmnopqrst")
    for share, left in ((0.1, 18), (0.5, 10)):
        (after,) = build(Step("delete", p=1.0, share=share))([words], keys(1))
        assert len(after.split()) == pytest.approx(left, abs=1)


def test_punctuation_is_neither_deleted_nor_replaced(changed: dict[str, list[str]]) -> None:
    for method in ("delete", "tfidf", "contextual", "lookalike"):
        for before, after in zip(TEXTS, changed[method], strict=True):
            assert before.count("。") == after.count("。")


def test_reserved_words_are_replaced_by_their_group(paths: dict[str, str]) -> None:
    augment = build(Step("reserved", p=1.0, share=1.0, path=paths["reserved"]))
    seen = set(augment(["酒店不错"] * 50, keys(50)))
    assert seen == {"宾馆不错", "旅馆不错"}


def test_vectors_draw_from_the_nearest(tmp_path: Path) -> None:
    rows = ["酒店 1 0", "宾馆 1 0.1", "旅馆 1 0.2", "水果 0 1", "苹果 0.1 1", "重庆 -1 -1"]
    (tmp_path / "v.txt").write_text("\n".join(rows) + "\n", "utf-8")
    augment = build(Step("vectors", p=1.0, share=1.0, path=str(tmp_path / "v.txt"), top=2))
    assert set(augment(["酒店"] * 50, keys(50))) == {"宾馆", "旅馆"}


def test_lookalikes_and_soundalikes_are_what_they_say() -> None:
    from pypinyin import lazy_pinyin

    looks = build(Step("lookalike", p=1.0))(["己"] * 30 + ["末"] * 30, keys(60))
    assert {"已"} <= set(looks[:30]) <= {"已", "巳"}
    assert "未" in looks[30:]
    texts = ["酒店", "房间", "服务"]
    for before, after in zip(texts, build(Step("soundalike", p=1.0))(texts, keys(3)), strict=True):
        assert lazy_pinyin(after) == lazy_pinyin(before)


def test_a_table_of_ones_own_replaces_ours(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("# ours\n好 奸妙\n", "utf-8")
    augment = build(Step("lookalike", p=1.0, path=str(tmp_path / "own.txt")))
    assert set(augment(["好"] * 30 + ["妙"] * 30 + ["己"], keys(61))) == {"奸", "妙", "好", "己"}


def test_two_tables_of_tfidf_do_not_meet() -> None:
    # nlpaug keeps the first model for all that follow
    augmenter = Augmenter([Step("tfidf", p=1.0)])
    one = augmenter.build(lambda: ["天 地", "玄 黄"], Segmenter("whitespace"))
    two = augmenter.build(lambda: ["a b", "c d"], Segmenter("whitespace"))
    assert set(one(["天"] * 40, keys(40))) <= {*"天地玄黄"}
    assert set(two(["a"] * 40, keys(40))) <= {*"abcd"}


# -- chains ----------------------------------------------------------------------------------------


def test_steps_follow_one_another_each_with_its_probability(paths: dict[str, str]) -> None:
    chain = build(
        Step("reserved", p=1.0, share=1.0, path=paths["reserved"]), Step("split", p=0.25, share=1.0)
    )
    after = chain(["酒店"] * 2000, keys(2000))
    assert set(after) == {"宾馆", "旅馆", "宾 馆", "旅 馆"}
    assert sum(" " in text for text in after) / 2000 == pytest.approx(0.25, abs=0.03)
    assert after.count("宾馆") / after.count("旅馆") == pytest.approx(1, abs=0.2)


def test_a_chain_that_leaves_nothing_gives_the_text_before() -> None:
    chain = build(Step("delete", p=1.0, share=1.0), Step("crop", p=1.0, share=1.0))
    assert all(text.strip() for text in chain(["很好", "a b", "好"], keys(3)))
