"""nlpaug's augmenters of characters, with hanzi that are easily confused."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpaug import Augmenter as NlpAugmenter
from nlpaug.augmenter.char import OcrAug, RandomCharAug
from nlpaug.model.char import Ocr

from weitiao.errors import MissingExtra
from weitiao.inputs.text.augment.files import read_lookalikes
from weitiao.inputs.text.augment.words import NOT_A_WORD

if TYPE_CHECKING:
    from weitiao.inputs.text.augment.step import Step

CHARACTER_METHODS = ("char_swap", "char_delete", "lookalike", "soundalike")
LOOKALIKES = Path(__file__).with_name("lookalikes.txt")
SOUNDALIKES = 10  # most frequent hanzi of a syllable that may stand for each other
HANZI = ("一", "鿿")


def character_augmenter(step: Step, texts: Callable[[], Iterable[str]]) -> NlpAugmenter:
    """The augmenter of a step that changes one character in each of some words.

    Raises:
        DataError: the step's file is at fault.
    """
    options: dict[str, Any] = {"aug_word_p": step.share, "aug_word_max": None, "aug_char_max": 1}
    options |= {"aug_char_min": 1, "stopwords_regex": NOT_A_WORD}
    if step.method == "lookalike":
        return _Mistake(read_lookalikes(step.path or str(LOOKALIKES)), **options)
    if step.method == "soundalike":
        return _Mistake(soundalikes(texts()), **options)
    # words of one character have nothing to swap with, which nlpaug doesn't see
    action = step.method.removeprefix("char_")
    return RandomCharAug(action=action, min_char=2, **options)


def soundalikes(texts: Iterable[str]) -> dict[str, list[str]]:
    """The hanzi of the texts with the most frequent others of the same syllable, whatever tone.

    Raises:
        MissingExtra: pypinyin is not installed.
    """
    try:
        from pypinyin import Style, pinyin
    except ImportError as error:
        raise MissingExtra("pypinyin", "augment", ", soundalike,", field="steps") from error
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    syllables: defaultdict[str, list[str]] = defaultdict(list)
    for char, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if HANZI[0] <= char <= HANZI[1]:
            syllables[pinyin(char, style=Style.NORMAL)[0][0]].append(char)
    return {
        char: others
        for group in syllables.values()
        for char in group
        if (others := [other for other in group[: SOUNDALIKES + 1] if other != char])
    }


class _Mistake(OcrAug):
    """One character of a word, replaced by one of those that a table names."""

    def __init__(self, table: dict[str, list[str]], **options: Any) -> None:
        super().__init__(dict_of_path=table, **options)

    @classmethod
    def get_model(cls, dict_of_path: dict[str, list[str]]) -> Ocr:
        """The table as it is; nlpaug would add the reverse of each pair, so frequent hanzi would
        mostly become rare ones.
        """
        model = Ocr({})
        model.model = dict_of_path
        return model

    def pre_skip_aug(self, tokens: list[str], tuple_idx: int | None = None) -> list[int]:
        """Words with a character that the table knows; nlpaug would spend its share on any."""
        found: list[int] = super().pre_skip_aug(tokens, tuple_idx)
        return [i for i in found if any(char in self.model.model for char in tokens[i])]
