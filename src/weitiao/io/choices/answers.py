"""Whether the answers of a file are letters, numbers or texts, and which option each one is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from weitiao.errors import DataError
from weitiao.io.choices.forms import LETTERS, Options, letter_of, number_of, own_text
from weitiao.io.spans.span import SpanFault, short

Kind = Literal["text", "letter", "number"]
FirstOption = Literal["auto", "0", "1"]


class Meaning(NamedTuple):
    """How the answers of a file are meant.

    Args:
        kind: what most of them are.
        first: number of the first option, of numbers.
    """

    kind: Kind
    first: int = 0


@dataclass
class Census:
    """Counts what the answers of a file are.

    Args:
        texts: of rows whose answer is the text of one of their options.
        zero: first row whose answer is 0.
        last: first row whose answer is the number of its options.
    """

    texts: int = 0
    letters: int = 0
    numbers: int = 0
    zero: int | None = None
    last: int | None = None

    def count(self, row: int, answer: str, options: Options) -> None:
        """Take in a row."""
        if own_name(answer, options) is not None:
            return
        self.texts += own_text(answer, options.texts) is not None
        self.letters += letter_of(answer) is not None
        if (number := number_of(answer)) is not None:
            self.numbers += 1
            if number == 0 and self.zero is None:
                self.zero = row
            if number == len(options.texts) and self.last is None:
                self.last = row

    def meaning(self, first: FirstOption, file: str, column: str) -> Meaning:
        """What most of them are; where all are texts of options, they are nothing else.

        Raises:
            DataError: they are numbers, and nothing tells that of the first option.
        """
        counts: dict[Kind, int] = {
            "text": self.texts,
            "letter": self.letters,
            "number": self.numbers,
        }
        kind = max(counts, key=lambda each: counts[each])  # of equal ones the first
        if kind != "number":
            return Meaning(kind)
        if first != "auto":
            return Meaning(kind, int(first))
        if (self.zero is None) == (self.last is None):
            raise self._undecided(file, column)
        return Meaning(kind, 0 if self.zero is not None else 1)

    def _undecided(self, file: str, column: str) -> DataError:
        problem = (
            f"the answers are numbers, and none of the {self.numbers:,} is 0 or that of the last"
            " option: does the first option have 0 or 1?"
        )
        if self.zero is not None:
            problem = (
                f"the answers are numbers, 0 in row {self.zero}, and in row {self.last} as many as"
                " there are options: the first option has 0 in one, 1 in the other"
            )
        hint = "{--first_option} 0, or 1"
        return DataError(problem, file=file, column=column, hint=hint)


def own_name(answer: str, options: Options) -> int | None:
    """The place of the option that the file itself calls so; null = there is none."""
    folded = [name.strip().upper() for name in options.names]
    return folded.index(answer.upper()) if answer.upper() in folded else None


def place_of(answer: str, options: Options, meaning: Meaning) -> int:
    """Which option is right, from 0.

    Raises:
        SpanFault: it is none of them, or there is no answer.
    """
    if not answer:
        raise SpanFault("there is no answer")
    count, place = len(options.texts), own_name(answer, options)
    if place is None and meaning.kind == "letter":
        place = letter_of(answer)
    elif place is None and meaning.kind == "number":
        number = number_of(answer)
        place = None if number is None else number - meaning.first
    if place is None:
        place = own_text(answer, options.texts)
    if place is None or not 0 <= place < count:
        raise SpanFault(f"the answer {short(answer)} is none of {_called(options, meaning)}")
    return place


def _called(options: Options, meaning: Meaning) -> str:
    """What the options are called, for people."""
    count = len(options.texts)
    names: Sequence[str] = options.names
    if not names and meaning.kind == "number":
        names = [str(meaning.first + i) for i in range(count)]
    elif not names:
        names = LETTERS[:count]
    return f"the options, {', '.join(names)}, nor the text of one"
