"""stanza: neural tokenizers of many languages (Qi et al. 2020, arXiv:2003.07082).

Nothing is fetched here: without its model on this machine the segmenter says what fetches it.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from weitiao.errors import ConfigError, DataError, MissingExtra
from weitiao.inputs.text.segment.spans import Span, batches, cut_together

_BATCH = 50_000  # characters: enough to fill the model's own batches, little to hold in memory
_PARAGRAPH = "\n\n"  # stanza never lets a token reach over it


def cut(texts: Sequence[str], language: str, models: str | None) -> Iterator[list[str]]:
    """The words of each text; for the arguments see `Segmenter`."""
    files = model_files(language, models)
    edited = max(file.stat().st_mtime_ns for file in files)
    pipeline = _load(language, str(files[0].parent), edited)

    def tokenize(joined: str) -> Iterator[Span]:
        for sentence in pipeline(joined).sentences:
            for token in sentence.tokens:  # its .words are the expansions: "du" → "de", "le"
                yield token.start_char, token.end_char

    for batch in batches(texts, _BATCH):
        yield from cut_together(batch, _PARAGRAPH, tokenize)


def model_files(language: str, models: str | None) -> list[Path]:
    """The index of the models' folder and all tokenizers of the language in it.

    Raises:
        ConfigError: they aren't there, or stanza doesn't have the language.
        DataError: the index is broken.
    """
    folder = Path(models) if models else Path(_stanza().resources.common.DEFAULT_MODEL_DIR)
    index = folder / "resources.json"
    if not index.is_file():
        raise _missing(language, folder, models)
    try:
        languages = json.loads(index.read_text("utf-8"))
        code = language
        while "alias" in languages.get(code, {}):
            code = languages[code]["alias"]
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError("not stanza's index of models", file=index, hint=str(error)) from error
    if code not in languages:
        raise ConfigError(f": {language!r} is no language of {index}", field="language")
    tokenizers = sorted((folder / code / "tokenize").glob("*.pt"))
    if not tokenizers:
        raise _missing(language, folder, models)
    return [index, *tokenizers]


def _stanza() -> Any:
    try:
        import stanza
    except ImportError as error:
        raise MissingExtra("stanza", "stanza", "= stanza", field="method") from error
    return stanza


@lru_cache(maxsize=1)
def _load(language: str, folder: str, edited: int) -> Any:
    """The pipeline, loaded once; `edited` renews it when a model is fetched anew."""
    stanza = _stanza()
    try:
        return stanza.Pipeline(
            language,
            dir=folder,
            processors="tokenize",
            download_method=None,
            logging_level="ERROR",
        )
    except FileNotFoundError as error:  # another model that the language needs, e.g. its "mwt"
        raise _missing(language, Path(folder), folder) from error
    except Exception as error:  # what torch and stanza raise on a broken file differs by release
        raise ConfigError(
            f"stanza can't load its model of {language!r} from {folder}"
            f"\n  {type(error).__name__}: {str(error).partition(chr(10))[0]}"
        ) from error


def _missing(language: str, folder: Path, models: str | None) -> ConfigError:
    place = f", model_dir={json.dumps(models)}" if models else ""
    call = f'import stanza; stanza.download("{language}", processors="tokenize"{place})'
    return ConfigError(
        f": stanza's model of {language!r} isn't in {folder}",
        field="method",
        hint=f"{Path(sys.executable).name} -c '{call}'",
    )
