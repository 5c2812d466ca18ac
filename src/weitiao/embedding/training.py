"""Word2Vec and fastText, trained by gensim."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from weitiao.config.bounds import at_least
from weitiao.embedding.words import WordFile
from weitiao.errors import ConfigError, MissingExtra

Method = Literal["skipgram", "cbow", "fasttext"]
_MOST = 10**9  # gensim's C ints hold it, and the sum of it and a place in a text


def gensim_models() -> Any:
    """The module ``gensim.models``, imported when it is needed.

    Raises:
        MissingExtra: gensim is not installed.
    """
    try:
        import gensim.models
    except ImportError as error:
        raise MissingExtra("gensim", "vectors", "training word vectors") from error
    logging.getLogger("gensim").setLevel(logging.ERROR)  # it warns of every small corpus
    return gensim.models


@dataclass(frozen=True)
class Training:
    """How vectors are trained; what isn't named here is as gensim has it.

    Args:
        method: ``skipgram`` (a word foretells its neighbours) or ``cbow`` (they foretell the word)
            of Word2Vec (Mikolov et al. 2013, arXiv:1301.3781), or ``fasttext``: skip-gram where a
            word's vector is the mean of its own and those of its character n-grams (Bojanowski et
            al. 2017, arXiv:1607.04606).
        size: width of a vector.
        window: farthest neighbour, in words.
        min_count: a word seen less often gets no vector.
        epochs: passes over the corpus.
        workers: threads; with 1 the same seed gives the same vectors, to the bit.
        seed: seed of the first vectors and of what is drawn.
        min_n: shortest n-gram of fasttext, in characters; "<" and ">" are put around the word, so
            that 2 gives each half of a Chinese word of two characters.
        max_n: longest n-gram of fasttext.
        buckets: vectors that the n-grams of fasttext share by their hash; each takes 4 bytes times
            ``size`` of memory.

    Raises:
        ConfigError: a value is out of bounds, or has no effect on the method.
    """

    method: Method = "skipgram"
    size: int = 100
    window: int = 5
    min_count: int = 5
    epochs: int = 5
    workers: int = 1
    seed: int = 1
    min_n: int = 2
    max_n: int = 5
    buckets: int = 2_000_000

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**32:
            raise ConfigError(f"seed is from 0 to 4294967295, got {self.seed}")
        at_least(1, size=self.size, window=self.window, min_count=self.min_count)
        at_least(1, epochs=self.epochs, workers=self.workers)
        at_least(1, min_n=self.min_n, buckets=self.buckets)
        for name in ("size", "window", "max_n", "buckets"):
            if getattr(self, name) > _MOST:
                raise ConfigError(f"{name} must be at most {_MOST}, got {getattr(self, name)}")
        if self.max_n < self.min_n:
            raise ConfigError(f"max_n = {self.max_n} is below min_n = {self.min_n}")
        if self.method != "fasttext":
            for name in ("min_n", "max_n", "buckets"):
                if getattr(self, name) != getattr(Training, name):
                    problem = f"has no effect on {self.method}"
                    raise ConfigError(problem, field=name, hint="{--method} fasttext")

    def train(self, words: WordFile) -> Any:
        """The vectors, as gensim's ``KeyedVectors``: the most frequent word first.

        Raises:
            ConfigError: no word is seen ``min_count`` times, or memory doesn't do.
        """
        model = self._model()
        try:
            with _progress(self.epochs) as callbacks:
                model.build_vocab(corpus_file=str(words.path))
                if not len(model.wv):
                    problem = f"no word of {words.words:,} is seen {self.min_count} times: there is"
                    raise ConfigError(f"{problem} nothing to train", hint="{--min_count} 1")
                model.train(
                    corpus_file=str(words.path),
                    total_examples=model.corpus_count,
                    total_words=model.corpus_total_words,
                    epochs=self.epochs,
                    callbacks=callbacks,
                )
        except MemoryError as error:
            raise ConfigError(
                f"out of memory: {error}"
                "\n  → lower size or, of fasttext, buckets; or raise min_count"
            ) from error
        return model.wv

    def _model(self) -> Any:
        models = gensim_models()
        usual = {
            "vector_size": self.size,
            "window": self.window,
            "min_count": self.min_count,
            "epochs": self.epochs,
            "workers": self.workers,
            "seed": self.seed,
            "sg": int(self.method != "cbow"),
        }
        if self.method != "fasttext":
            return models.Word2Vec(**usual)
        return models.FastText(**usual, min_n=self.min_n, max_n=self.max_n, bucket=self.buckets)


@contextmanager
def _progress(epochs: int) -> Iterator[list[Any]]:
    """A bar over the epochs on standard error, if that is a terminal; gives gensim's callbacks."""
    from gensim.models.callbacks import CallbackAny2Vec

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("vocabulary", total=epochs)

        class Epochs(CallbackAny2Vec):
            def on_epoch_begin(self, model: Any) -> None:
                bar.update(task, description="epochs")

            def on_epoch_end(self, model: Any) -> None:
                bar.advance(task)

        yield [Epochs()]
