"""The site builds without a warning, and what the pages name as an option is one."""

from __future__ import annotations

import html
import json
import re
import tomllib
from itertools import permutations
from pathlib import Path

import grimp
import pytest
import yaml
from conftest import reviews, write_csv
from sphinx.cmd.build import build_main

ROOT = Path(__file__).parents[1]
TABLE = (ROOT / "docs/options.md").read_text("utf-8")
OPTIONS = set(re.findall(r"^\| `--([\w.]+)`", TABLE, re.MULTILINE))
GROUPS = {name.rsplit(".", i)[0] for name in OPTIONS for i in range(1, name.count(".") + 1)}
FAMILIES = ("pretrain", "rows")  # of gain: the names that follow are the user's own
OTHERS = {
    "config": "jsonargparse",
    "gb": "benchmarks/read_memory.py",
    "suffix": "benchmarks/read_memory.py",
    "faults": "benchmarks/serving.py",
    "help": "argparse",
    "logdir": "tensorboard",
    "lr": "the name of an argument, in architecture.md",
    "local_dir": "modelscope",
    "signal": "sbatch",
    "models": "benchmarks/augmentation.py",
    "learning_rate": "an example of what is not an option here",
}
NOT_OURS = (  # of the table, of benchmarks
    "options.md",
    "results.md",
    "pretraining_results.md",
    "anyones_data.md",
)
PAGES = sorted(path for path in (ROOT / "docs").glob("*.md") if path.name not in NOT_OURS)
CHINESE = {  # a page → the English one that it follows
    "README.zh-CN.md": "README.md",
    "docs/zh/first_hour.md": "docs/first_hour.md",
    "docs/zh/chat.md": "docs/chat.md",
    "docs/zh/preferences.md": "docs/preferences.md",
    "docs/zh/translation.md": "docs/translation.md",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_each_option_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    named = set(re.findall(r"(?<![\w-])--([a-z_][\w-]*(?:\.\w+)*)", text))
    named = {name.replace("-", "_") for name in named if name.partition(".")[0] not in FAMILIES}
    named |= set(re.findall(r"`((?:data|model|run|trainer)\.\w+(?:\.\w+)*)`", text))
    assert named - OPTIONS - GROUPS - OTHERS.keys() == set()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a warning, such as a link that leads nowhere, is an error."""
    folder = tmp_path_factory.mktemp("site")
    options = ["--quiet", "--fail-on-warning", "-c", f"{ROOT}/docs", "-d", f"{folder}/doctrees"]
    assert build_main([*options, str(ROOT), f"{folder}/html"]) == 0
    return folder / "html"


@pytest.mark.slow
def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > len(PAGES)
    loaded = r"<(?:script|img|iframe)[^>]* src=\"https?:[^>]*|<link[^>]*\"https?:[^>]*"
    assert [found for page in pages for found in re.findall(loaded, page.read_text("utf-8"))] == []


@pytest.mark.slow
def test_no_asterisks_are_left_of_bold_words(site: Path) -> None:
    # beside hanzi, `**词。**` is no bold word
    pages = {path: path.read_text("utf-8") for path in site.rglob("*.html")}
    shown = {path: re.sub(r"(?s)<(code|pre|script)\b.*?</\1>", "", x) for path, x in pages.items()}
    assert [path.name for path, text in shown.items() if "**" in text] == []


@pytest.mark.slow
def test_the_search_finds_chinese_and_english_words(site: Path) -> None:
    text = (site / "searchindex.js").read_text("utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))

    def pages(term: str) -> set[str]:
        found = (index[part].get(term, []) for part in ("terms", "titleterms"))
        numbers = [[x] if isinstance(x, int) else x for x in found]
        return {index["docnames"][i] for part in numbers for i in part}

    assert "README.zh-CN" in pages("预训") & pages("训练")
    assert "docs/pretraining" in pages("pretrain")


@pytest.mark.parametrize("page", CHINESE)
def test_no_line_ends_between_hanzi(page: str) -> None:
    # a browser shows a space there
    text = re.sub(r"(?s)```.*?```", "", (ROOT / page).read_text("utf-8"))
    assert re.findall(r"[\u3000-\u9fff，；：）]\n[\u3400-\u9fff]", text) == []


def outline(page: str) -> dict[str, object]:
    """What a translation has in common with its original: its headings, options and links."""
    text = (ROOT / page).read_text("utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    found = {(ROOT / page).parent.joinpath(link).resolve().relative_to(ROOT) for link in links}
    return {
        "headings": [len(marks) for marks in re.findall(r"^(##+) ", text, re.MULTILINE)],
        "rows of tables": len(re.findall(r"^\|", text, re.MULTILINE)),
        "options": {*re.findall(r"--[a-z][\w.-]*\w", text)},
        "targets of make": {*re.findall(r"\bmake ([a-z-]+)", text)},
        "links": {str(link).replace("docs/zh/", "docs/") for link in found},
    }


@pytest.mark.parametrize("page", ["README.zh-CN.md", "docs/zh/first_hour.md"])
def test_a_page_in_chinese_follows_the_english_one(page: str) -> None:
    ours, theirs = outline(page), outline(CHINESE[page])
    for found in (ours["links"], theirs["links"]):  # to each other
        found -= {"README.md", "README.zh-CN.md"}
    assert ours == theirs


@pytest.mark.parametrize(
    ("page", "heading"), [("README.md", "## Results"), ("README.zh-CN.md", "## 结果")]
)
def test_the_figures_of_the_readme_are_measured_ones(page: str, heading: str) -> None:
    text = (ROOT / page).read_text("utf-8").partition(heading)[2].partition("\n## ")[0]
    scores = {*re.findall(r"(?<![\d-])\d+\.\d(?: ± \d\.\d)?", text)}
    assert len(scores) >= 6
    written = (ROOT / "docs/results.md").read_text("utf-8")  # by benchmarks/results.py
    assert {score for score in scores if not re.search(rf"[ *]{score}[ *]", written)} == set()


def test_the_architecture_names_each_room() -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    rooms = {*(ROOT / "src/weitiao").glob("*/"), *(ROOT / "src/weitiao/inputs").glob("*/")}
    rooms = {room for room in rooms if (room / "__init__.py").is_file() and room.name != "inputs"}
    named = {room.name for room in rooms if f"{room.name}/ " in text}
    assert named == {room.name for room in rooms}


def test_the_picture_of_imports_is_of_today() -> None:
    graph = grimp.build_graph("weitiao", cache_dir=None)
    rooms = sorted(graph.find_children("weitiao"))
    imports = {
        (one, other)
        for one, other in permutations(rooms, 2)
        if graph.direct_import_exists(importer=one, imported=other, as_packages=True)
    }
    reached = set(imports)
    while further := {(a, d) for a, b in reached for c, d in imports if b == c} - reached:
        reached |= further
    shown = {(a, d) for a, d in imports if not any((a, b) in reached for b, c in imports if c == d)}
    text = html.unescape((ROOT / "docs/pictures/imports.svg").read_text("utf-8"))
    drawn = re.findall(r"<title>(\.\w+)->(\.\w+)</title>", text)
    assert {(f"weitiao{one}", f"weitiao{other}") for one, other in drawn} == shown, (
        "draw it again: docs/architecture.md says how"
    )


def test_the_citation_is_of_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])


def test_the_examples_in_python_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_csv(tmp_path / "my.csv", reviews(200))
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs/python.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        assert len(block.strip().splitlines()) <= 6
        exec(compile(block, "docs/python.md", "exec"), {})
    said = capsys.readouterr().out
    assert re.search(r"^logs/\S+ 0\.\d+$", said, re.MULTILINE)
    assert re.search(r"^\['(好评|差评)', '(好评|差评)'\] \[\[0\.\d+", said, re.MULTILINE)
    assert re.search(r"^7 (好评|差评)\n8 (好评|差评)$", said, re.MULTILINE)
