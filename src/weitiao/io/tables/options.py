"""Options of reading: what a file doesn't say about itself."""

from dataclasses import dataclass
from typing import Literal

from weitiao.errors import ConfigError
from weitiao.io.choices.answers import FirstOption
from weitiao.io.dialogues.messages import Role

FileFormat = Literal[
    "csv",
    "tsv",
    "jsonl",
    "json",
    "parquet",
    "arrow",
    "xlsx",
    "lines",
    "conll",
    "brat",
    "beir",
    "tmx",
    "moses",
    "folder",
]
Format = Literal["auto", FileFormat]


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How rows are read, whatever is made of them.

    Args:
        format: file format. ``auto`` goes by the suffix (.csv, .tsv, .jsonl, .ndjson, .json,
            .parquet, .arrow, .feather, .xlsx, .conll, .iob, .iob2, .bio, .bmes, .tmx), of a
            compressed text file (.gz, .bz2, .xz, .zst, .lz4, .zip) by the one before. CSV is quoted
            after RFC 4180; TSV knows no quoting; JSON is a list of objects; ``lines`` are ``label
            text``, split at the first white space; ``conll`` has a token and its tag on each line,
            and a blank line between sentences; ``brat`` is a text with its ``.ann`` beside it;
            ``beir`` is ``qrels/NAME.tsv`` with the queries and the corpus of its folder; ``tmx`` is
            a translation memory, whose columns are its languages; ``moses`` are text files with as
            many lines each, named together, ``train.{en,zh}``, and recognised by that; ``folder``
            is one of pictures or sounds, with a folder for each class in it, recognised likewise.
        encoding: text encoding, as Python calls it; ``auto`` finds it, file by file.
        header: whether the first row of CSV, TSV and XLSX names the columns; otherwise they are
            "0", "1", ….
        on_bad_row: stop at a row that can't be read, or set it aside with its reason. Bad is a
            row that can't be taken apart or decoded, that lacks a wanted column, whose label,
            group or id is empty, whose id came before, or that is the header again. An empty text
            is not bad.
        database: URL that SQL queries are put to, or the path of a SQLite file; a password stands
            in it as ``${VARIABLE}`` of the environment.
        separator: what stands between the cells of CSV and TSV, one character (``\\t`` is a tab);
            ``auto`` tries others where comma or tab don't give the named columns, and says so.
        sheet: sheet of a workbook; ``auto`` takes the first visible one with the named columns, and
            names what is left out.
        extra_cells: whether a row of CSV, TSV or XLSX with more cells than the header is bad, or
            loses them, which is counted.
        placeholders: whether labels and groups such as nan, NULL or N/A are names like any other,
            or their rows bad.
        broken_tags: whether tags that break the rules of their scheme, such as an I- without a B-,
            are read as what they say, which is counted, or their rows are bad.
        misplaced_answers: whether an answer that isn't where the file says is searched for in its
            text, and kept if it is nowhere, all of which is counted; or its row is bad.
        first_option: number of the first of a row's options, where answers are numbers; ``auto``
            looks in all answers of a file for one that is 0, or the number of the last option.
        roles: who speaks in conversations: a name of the file → system, user, assistant or tool.
            The usual names (human, gpt, …) are known.

    Raises:
        ConfigError: the separator is none.
    """

    format: Format = "auto"
    encoding: str = "auto"
    header: bool = True
    on_bad_row: Literal["raise", "quarantine"] = "raise"
    database: str | None = None
    separator: str = "auto"
    sheet: str = "auto"
    extra_cells: Literal["bad", "ignore"] = "bad"
    placeholders: Literal["keep", "bad"] = "keep"
    broken_tags: Literal["mend", "bad"] = "mend"
    misplaced_answers: Literal["move", "bad"] = "move"
    first_option: FirstOption = "auto"
    roles: dict[str, Role] | None = None

    def __post_init__(self) -> None:
        if self.separator != "auto" and (len(self.mark) != 1 or self.mark in '"\r\n'):
            raise ConfigError(
                f"must be one character, not {self.separator!r}",
                field="separator",
                hint="{--separator} ';', or '\\t' for a tab",
            )

    @property
    def mark(self) -> str:
        """The separator; a tab may be written as in most languages."""
        return "\t" if self.separator == "\\t" else self.separator
