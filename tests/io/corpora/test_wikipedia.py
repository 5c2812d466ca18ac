"""Dumps of Wikipedia: which pages are read, what is seen of them, and where they break off."""

from __future__ import annotations

import bz2
import re
import sys
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from weitiao.errors import DataError, MissingExtra
from weitiao.io.corpora import Corpus

pytest.importorskip("mwparserfromhell", reason="needs the extra wikipedia")
from weitiao.io.corpora.markup import Markup

SITE = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="de">
  <siteinfo><sitename>Wikipedia</sitename><namespaces>
    <namespace key="0" case="first-letter" />
    <namespace key="6" case="first-letter">Datei</namespace>
    <namespace key="14" case="first-letter">Kategorie</namespace>
  </namespaces></siteinfo>
"""


def page(
    text: str, title: str = "T", ns: int = 0, redirect: bool = False, model: str = "wikitext"
) -> str:
    return f"""  <page>
    <title>{title}</title><ns>{ns}</ns><id>1</id>{'<redirect title="X" />' if redirect else ""}
    <revision><id>2</id><contributor><username>text</username></contributor>
      <comment>c</comment><model>{model}</model><format>text/x-wiki</format>
      <text bytes="9" xml:space="preserve">{escape(text)}</text></revision>
  </page>
"""


PAGES = [
    page("'''北京'''是[[首都]]。\n\n== 历史 ==\n很长 & 很久 <ref>书</ref>"),
    page("#REDIRECT [[X]]", redirect=True),
    page("Diskussion", ns=1),
    page("return {}", model="Scribunto"),
    page("Zweiter [[Datei:a.png|mini|ein [[Bild]]]]Artikel[[Kategorie:K]]"),
]
ARTICLES = ["北京是首都。\n\n历史\n很长 & 很久", "Zweiter Artikel"]


def dump(*pages: str) -> bytes:
    return (SITE + "".join(pages) + "</mediawiki>\n").encode()


def documents(path: Path) -> list[str]:
    return list(Corpus(str(path)).documents())


@pytest.mark.parametrize(
    "name",
    ["a.xml", "a.xml.bz2", "a-articles1.xml-p1p42.bz2", "a-articles1.xml-p1p42", "nothing"],
)
def test_articles_are_read_without_redirects_and_talk(tmp_path: Path, name: str) -> None:
    data = dump(*PAGES)
    (tmp_path / name).write_bytes(bz2.compress(data) if name.endswith("bz2") else data)
    assert documents(tmp_path / name) == ARTICLES


def test_dumps_of_many_streams_are_read_to_the_end(tmp_path: Path) -> None:
    parts = [SITE, *PAGES, "</mediawiki>"]
    (tmp_path / "a.xml.bz2").write_bytes(b"".join(bz2.compress(p.encode()) for p in parts))
    assert documents(tmp_path / "a.xml.bz2") == ARTICLES


def test_of_several_revisions_the_last_counts(tmp_path: Path) -> None:
    revisions = "".join(f"<revision><text>v{i}</text></revision>" for i in range(3))
    data = dump(f"<page><title>T</title><ns>0</ns>{revisions}</page>")
    (tmp_path / "a.xml").write_bytes(data)
    assert documents(tmp_path / "a.xml") == ["v2"]


@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_pages_pass_from_chunk_to_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("weitiao.io.corpora.wikipedia._CHUNK", chunk)
    (tmp_path / "a.xml").write_bytes(dump(*PAGES))
    assert documents(tmp_path / "a.xml") == ARTICLES


BOMB = '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (dump(*PAGES)[:-200], ["cut off in the page 'T', after 4 whole pages", "row 3"]),
        (dump(*PAGES[:2])[:-14], ["cut off, after 2 whole pages"]),
        (
            dump(PAGES[0], "<page><title>U</title></text>"),
            ["broken in the page 'U', after 1 whole"],
        ),
        (b"plain text", ["broken, after 0 whole pages", "row 1"]),
        (b"<rss></rss>", ["no dump of MediaWiki", "<rss>"]),
        (f"{BOMB}{SITE}{page('x')}</mediawiki>".encode(), ["entities", "DOCTYPE"]),
        (f"{BOMB}{SITE}{page('x')}</mediawiki>".encode("utf-16"), ["entities", "DOCTYPE"]),
        (dump(page("x")).replace(b">x<", b">&e;<"), ["broken in the page 'T'", "undefined entity"]),
        (bz2.compress(dump(*PAGES)), ["compressed", "end in .bz2"]),
    ],
    ids=["cut", "cut-between", "broken", "text", "rss", "bomb", "bomb-16", "entity", "packed"],
)
def test_a_dump_at_fault_is_told_with_its_place(
    tmp_path: Path, data: bytes, told: list[str]
) -> None:
    (tmp_path / "a.xml").write_bytes(data)
    with pytest.raises(DataError) as error:
        documents(tmp_path / "a.xml")
    assert error.value.file == tmp_path / "a.xml"
    assert all(part in str(error.value) for part in told), error.value


def test_a_packed_dump_that_is_cut_off_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.xml.bz2").write_bytes(bz2.compress(dump(*PAGES))[:-20])
    with pytest.raises(DataError, match="compressed file is cut off"):
        documents(tmp_path / "a.xml.bz2")


def test_a_page_that_the_library_can_not_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise RecursionError("too deep")

    monkeypatch.setattr(Markup, "plain", fail)
    (tmp_path / "a.xml").write_bytes(dump(page("x", title="Tief")))
    with pytest.raises(DataError, match=r"page 'Tief' can't be read: RecursionError"):
        documents(tmp_path / "a.xml")


def test_without_the_library_the_extra_is_named_before_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.xml").write_bytes(dump(*PAGES))
    monkeypatch.setitem(sys.modules, "mwparserfromhell", None)
    with pytest.raises(MissingExtra, match=r"weitiao\[wikipedia\]"):
        Corpus(str(tmp_path / "a.xml")).documents()


@pytest.mark.parametrize(
    ("wikitext", "seen"),
    [
        ("'''a''' ''b'' '''''c''''' l''''avion'''", "a b c l'avion"),
        ("[[a]] [[b|c]] [[:d:e]] [http://x.y f] http://g.h [http://i.j]", "a c d:e f http://g.h"),
        ("a[[File:x.png|thumb|[[b]] c]][[Category:d]][[文件:e.jpg]]f", "af"),
        ("a{{b|c={{d}}}}<!-- e --><ref name=f>g</ref>h<math>x^2</math>", "ah"),
        ("a\n{| class=b\n|-\n| c || d\n|}\ne", "a\n\ne"),
        ("= a =\nb\n* c\n** d\n# e\n: f\n----\n__NOTOC__", "a\nb\nc\nd\ne\nf"),
        ("a&nbsp;&amp;&#x4e00;<br/>b", "a\xa0&一\nb"),
        ("a&#xd800;&#57343;b&#x1f600;", "ab😀"),
        ("<nowiki>[[a]]</nowiki><b>b</b><span style=x>c</span>", "[[a]]bc"),
        ("'''北京'''（{{lang|en|Beijing}}）x ({{a}}, {{b}})", "北京x"),
        ("a__init__b", "a__init__b"),
        ("[[a {{b <b>c", "[[a {{b <b>c"),
        ("", ""),
    ],
)
def test_markup_leaves_what_a_reader_sees(wikitext: str, seen: str) -> None:
    assert Markup().plain(wikitext) == seen


@pytest.mark.parametrize(
    ("rule", "seen"),
    [
        ("-{zh-hant:電腦; zh-hans:计算机}-", "计算机"),
        ("-{zh-tw:伺服器;zh-cn:服务器;}-", "服务器"),
        ("-{zh-tw:甲;zh-hk:乙}-", "甲"),
        ("-{干}-", "干"),
        ("-{R|于}-", "于"),
        ("-{A|zh-cn:人工智能;zh-tw:人工智慧}-", "人工智能"),
        ("-{H|zh-cn:人工智能;zh-tw:人工智慧}-", ""),
        ("-{T|zh-cn:题;zh-tw:題}-", ""),
        ("-{巨集=>zh-cn:宏}-", "宏"),
        ("{{a}}-{{b}}-", "--"),
    ],
)
def test_of_variants_of_chinese_one_is_seen(rule: str, seen: str) -> None:
    assert Markup().plain(rule) == seen


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bgwiki-", "enwiki-table-markup", "enwiki-latest-"])
def test_of_real_dumps_no_markup_is_left(name: str) -> None:
    gensim = pytest.importorskip("gensim", reason="brings parts of dumps with its tests")
    (path,) = (Path(gensim.__file__).parent / "test" / "test_data").glob(f"{name}*.bz2")
    left = re.compile(r"\{\{|\}\}|\[\[|\]\]|\{\||''|</|<ref")
    found = [left.search(text) for text in documents(path)]
    assert found
    assert not any(found)
