"""The docs site: every page of the repository that people read, as `make site` builds it.

The source folder is the repository's root, so links are the same on the site and on a code host.
"""

import re

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

project = "微调 · weitiao"
html_title = project
project_copyright = "Apache-2.0"
extensions = ["myst_parser"]
root_doc = "README"
include_patterns = ["*.md", "docs/**.md", "benchmarks/README.md"]
exclude_patterns = [".*", "build", "logs", "src", "tests"]

myst_heading_anchors = 3
html_theme = "furo"
html_copy_source = False
html_extra_path = ["index.html"]  # leads to the front page
html_show_sphinx = False
html_search_language = "en-zh"

CONTENTS = {
    "中文": [
        "中文说明 </README.zh-CN>",
        "docs/zh/first_hour",
        "docs/zh/chat",
        "docs/zh/preferences",
        "docs/zh/translation",
    ],
    "Guides": [
        "docs/first_hour",
        *("docs/recipes", "docs/data", "docs/tasks", "docs/tags", "docs/answers"),
        *(
            "docs/choice",
            "docs/pictures",
            "docs/sounds",
            "docs/chat",
            "docs/preferences",
            "docs/translation",
        ),
        *("docs/models", "docs/encoder", "docs/chat_model"),
        *("docs/segmentation", "docs/augmentation", "docs/tuning", "docs/pretraining"),
        "docs/generation",
        *(
            "docs/comparison",
            "docs/python",
            "docs/export",
            "docs/serving",
            "docs/extending",
            "docs/slurm",
            "docs/runs",
            "docs/faults",
        ),
    ],
    "Reference": ["docs/options", "docs/architecture"],
    "Measured": [
        *(
            "docs/results",
            "docs/anyones_data",
            "docs/tags_results",
            "docs/answers_results",
            "docs/choice_results",
            "docs/likeness",
            "docs/likeness_results",
            "docs/titles_results",
            "docs/performance",
            "docs/pretraining_results",
            "docs/experiments",
        ),
        "benchmarks/README",
    ],
    "Project": ["CONTRIBUTING", "CHANGELOG"],
}


class EnglishAndHanzi(SearchEnglish):
    """English words by their stems, runs of hanzi by pairs of neighbours.

    Sphinx 9.0's own `zh` raises "ChineseStemmer is not defined" in the browser, and it cuts words
    when it builds but not in the query, where no segmenter is at hand. Pairs need none.
    """

    lang = "en-zh"
    RUNS = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+")
    js_splitter_code = r"""
var splitQuery = (query) =>
  (query.match(/[\u3400-\u9fff]+|(?:(?![\u3400-\u9fff])[\p{L}\p{N}_])+/gu) ?? []).flatMap((run) =>
    /[\u3400-\u9fff]{3}/.test(run) ? [...run.slice(1)].map((last, i) => run[i] + last) : [run]);
"""

    def split(self, input: str) -> list[str]:
        """The terms of a text: words, and pairs of neighbouring hanzi."""
        return [term for run in self.RUNS.findall(input) for term in pairs(run)]


def pairs(run: str) -> list[str]:
    """A run of three hanzi or more in overlapping pairs; any other run as it is."""
    if len(run) < 3 or not "\u3400" <= run[0] <= "\u9fff":
        return [run]
    return [run[i : i + 2] for i in range(len(run) - 1)]


def add_contents(app: Sphinx, page: str, source: list[str]) -> None:
    """Append the table of contents to the front page: a code host would show its raw markup."""
    if page == root_doc:
        for caption, pages in CONTENTS.items():
            listed = "\n".join(x if "<" in x else f"/{x}" for x in pages)
            source[0] += f"\n\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.add_search_language(EnglishAndHanzi)
    app.connect("source-read", add_contents)
