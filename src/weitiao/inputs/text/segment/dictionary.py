"""jieba and rjieba: a dictionary of words with frequencies, in this process or in several."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Literal

from weitiao.inputs.text.segment.word_files import Words

DictionaryMethod = Literal["jieba", "rjieba"]
Cutter = Callable[[str], list[str]]

# Characters that take about a second in one process: below, starting processes costs more.
_WORTH_PROCESSES = {"jieba": 200_000, "rjieba": 2_000_000}
_CHUNKS_PER_WORKER = 4


def cut(
    texts: Sequence[str], method: DictionaryMethod, hmm: bool, words: Words, workers: int
) -> Iterable[list[str]]:
    """The words of each text; for the arguments see `Segmenter` and `Words`."""
    cutter = partial(_cutter, method, hmm, words)
    if workers > 1 and sum(map(len, texts)) >= _WORTH_PROCESSES[method]:
        return _cut_in_processes(texts, cutter, workers)
    return map(cutter(), texts)


def _cutter(method: DictionaryMethod, hmm: bool, words: Words) -> Cutter:
    """The function that cuts one text, with its dictionary loaded once per process."""
    return partial(_load_cutter(method, words), hmm)


def _cut_in_processes(
    texts: Sequence[str], cutter: Callable[[], Cutter], workers: int
) -> Iterator[list[str]]:
    # loky starts fresh interpreters: no fork under torch's threads, and, other than
    # multiprocessing's "spawn", no second import of the user's entry script. It keeps them,
    # with their dictionaries, for the next call.
    from joblib import Parallel, delayed

    step = -(-len(texts) // (workers * _CHUNKS_PER_WORKER))
    chunks = [list(texts[start : start + step]) for start in range(0, len(texts), step)]
    parallel = Parallel(n_jobs=workers, backend="loky", return_as="generator")
    lengths = parallel(delayed(_word_lengths)(cutter, chunk) for chunk in chunks)
    return chain.from_iterable(map(_slice_words, chunks, lengths))


def _word_lengths(cutter: Callable[[], Cutter], texts: list[str]) -> array[int]:
    """The lengths of all words of `texts`: they say all, and cost little to send back."""
    cut_text = cutter()
    return array("I", (len(word) for text in texts for word in cut_text(text)))


def _slice_words(texts: list[str], lengths: Iterable[int]) -> Iterator[list[str]]:
    length = iter(lengths)
    for text in texts:
        words, start = [], 0
        while start < len(text):
            end = start + next(length)
            words.append(text[start:end])
            start = end
        yield words


@lru_cache(maxsize=2)
def _load_cutter(method: DictionaryMethod, words: Words) -> Callable[[bool, str], list[str]]:
    """A private jieba or rjieba with the user's words.

    Returns:
        A function of the choice of the HMM and of the text.
    """
    if method == "rjieba":
        import rjieba

        rust = rjieba.Jieba()
        for word, frequency, tag in words.dictionary:
            rust.add_word(word, frequency, tag)
        return lambda hmm, text: rust.cut(text, hmm)
    import jieba

    # Tokenizer.initialize() would read and write a marshal cache in the shared temporary folder,
    # where anyone can plant one, and talk on stderr. Reading the dictionary takes 0.8 s.
    python = jieba.Tokenizer()
    python.FREQ, python.total = python.gen_pfdict(python.get_dict_file())
    python.initialized = True
    for word, frequency, tag in words.dictionary:
        python.add_word(word, frequency, tag)
    return lambda hmm, text: python.lcut(text, HMM=hmm)
