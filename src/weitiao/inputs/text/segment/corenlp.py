"""A CoreNLP server (Manning et al. 2014, ACL demos) as segmenter, over its HTTP interface.

Written after the server's source, StanfordCoreNLPServer.java: `/ping` says "pong", a POST gives
JSON with tokens, a fault comes as 400 or 500 with a line of plain text.
"""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any
from urllib.parse import quote, urlencode

from weitiao.errors import ConfigError, MissingExtra
from weitiao.inputs.text.segment.spans import Span, batches, cut_together, in_code_points

_BATCH = 10_000  # characters a request: a tenth of what the server takes, some 0.1 s of its work
_SERVER_SECONDS = 60  # for a request; the server's own limit is 15 otherwise
_PATIENCE = _SERVER_SECONDS + 30  # the first request waits until the model is loaded
_CONNECT_SECONDS = 5
_TRIES_AGAIN = 2


def cut(texts: Sequence[str], language: str, url: str, workers: int) -> Iterator[list[str]]:
    """The words of each text; for the arguments see `Segmenter`."""
    server = _Server(url, language, workers)

    def cut_batch(batch: list[str]) -> list[list[str]]:
        return cut_together(batch, "\n", server.tokenize)

    with ThreadPoolExecutor(workers) as pool:  # map cancels what hasn't begun when a request fails
        yield from chain.from_iterable(pool.map(cut_batch, batches(texts, _BATCH)))


class _Server:
    """The server at `url`, asked at once whether it is there.

    Raises:
        ConfigError: nothing answers there, or something else does.
    """

    def __init__(self, url: str, language: str, workers: int) -> None:
        try:
            import urllib3
        except ImportError as error:
            raise MissingExtra("urllib3", "corenlp", "= corenlp", field="method") from error
        self.url, self.language = url.rstrip("/"), language
        self.faults = urllib3.exceptions.HTTPError
        # No proxy of the environment comes between: a PoolManager doesn't look for one.
        self.http = urllib3.PoolManager(
            maxsize=workers,
            block=True,
            retries=urllib3.Retry(
                total=None,
                connect=0,
                read=1,
                redirect=0,
                other=0,
                status=_TRIES_AGAIN,
                status_forcelist=range(500, 600),
                allowed_methods=None,
                backoff_factor=0.2,
                raise_on_status=False,
                respect_retry_after_header=False,
            ),
        )
        pong = self._request("GET", "/ping", timeout=_CONNECT_SECONDS, retries=False)
        if pong.status != 200 or pong.data.strip() != b"pong":
            raise ConfigError(
                f": what answers at {self.url} is no CoreNLP server",
                field="url",
                hint=self._start(),
            )

    def tokenize(self, text: str) -> list[Span]:
        """The tokens of a text of one or more lines; none reaches over the end of a line."""
        answer = self._request(
            "POST",
            "/?" + urlencode({"properties": json.dumps(self._properties())}),
            # Percent-encoded, since servers before 4.0 decode whatever the content type says:
            # "100%25" would lose two characters.
            body=quote(text),
            # no space before the charset: the server would not find it
            headers={"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"},
            timeout=_PATIENCE,
        )
        if answer.status != 200:
            raise self._refused(answer)
        try:
            return _spans(json.loads(answer.data), text)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise ConfigError(
                f": the answer of {self.url} has no tokens of this text in it"
                f"\n  {type(error).__name__}: {error}; it begins with {answer.data[:60]!r}",
                field="url",
            ) from error

    def _properties(self) -> dict[str, str]:
        return {
            "annotators": "tokenize,ssplit",
            "outputFormat": "json",
            "pipelineLanguage": self.language,
            # Without the language's models the line above would be passed over, and Chinese cut as
            # if it were English; this one then makes the server say that they are missing.
            "tokenize.language": self.language,
            # One text is one line. Else Chinese is cut as if there were no line breaks.
            "ssplit.eolonly": "true",
            "timeout": str(1000 * _SERVER_SECONDS),
        }

    def _request(self, method: str, path: str, timeout: float, **more: Any) -> Any:
        import urllib3

        limit = urllib3.Timeout(connect=_CONNECT_SECONDS, read=timeout)
        try:
            return self.http.request(method, self.url + path, timeout=limit, **more)
        except self.faults as error:
            reason = getattr(error, "reason", None) or error  # MaxRetryError says little itself
            raise ConfigError(
                f": no CoreNLP server answers at {self.url}"
                f"\n  {type(reason).__name__}: {str(reason).rpartition(': ')[2]}",
                field="url",
                hint=self._start(),
            ) from error

    def _start(self) -> str:
        return (
            "start one in CoreNLP's folder, with the jar of the language's models in it:"
            " java -mx4g -cp '*' edu.stanford.nlp.pipeline.StanfordCoreNLPServer -port 9000"
        )

    def _refused(self, answer: Any) -> ConfigError:
        said = answer.data.decode("utf-8", "replace").strip()[:300] or "nothing more"
        hint = f"is the jar of the models of {self.language!r} in the server's folder?"
        if answer.status == 400:
            hint = "start the server with -maxCharLength -1, or clean long texts"
        problem = f": {self.url} answers with status {answer.status}: {said}"
        return ConfigError(problem, field="url", hint=hint)


def _spans(answer: dict[str, Any], text: str) -> list[Span]:
    """The tokens of a server's answer.

    Raises:
        ValueError: they aren't the text's.
        KeyError, TypeError, AttributeError, IndexError: they aren't there.
    """
    place = in_code_points(text)
    spans = []
    for part in answer.get("sentences", [answer]):
        for token in part["tokens"]:
            begin, end = place(token["characterOffsetBegin"]), place(token["characterOffsetEnd"])
            word = text[begin:end]
            # a tag comes with its spaces changed, but nothing else may differ
            if "".join(word.split()) != "".join(token["originalText"].split()):
                raise ValueError(f"{token['originalText']!r} stands where the text has {word!r}")
            if not word.isspace():  # the end of a line can be a token
                spans.append((begin, end))
    return sorted(spans)
