"""The markup of MediaWiki to the plain text that a reader sees.

Left out are templates, tables, notes, galleries, formulas and code; links, headings, lists and
emphasis leave their words. mwparserfromhell (MIT) takes the markup apart.
"""

import re
from typing import Any

from weitiao.errors import MissingExtra

_INVISIBLE = {
    *("table", "ref", "references"),
    *("categorytree", "gallery", "graph", "imagemap", "mapframe", "maplink", "score", "timeline"),
    *("ce", "chem", "hiero", "math", "source", "syntaxhighlight"),
    *("inputbox", "script", "section", "style", "templatedata", "templatestyles"),
}
_HIDDEN = {  # a wiki's own names of them stand in its dump, but not their aliases
    *("file", "image", "media", "文件", "檔案", "档案", "图像", "圖像", "图片", "圖片"),
    *("category", "分类", "分類"),
}
_CONVERSION = re.compile(r"-\{(?:([^{}|]*)\|)?([^{}]*)\}-")
_VARIANT = re.compile(r"(?:[^;:]*=>)?\s*(zh(?:-\w+)?)\s*:(.*)", re.DOTALL)
_VARIANTS = ("zh-cn", "zh-hans", "zh")  # the first that there is
_SILENT = {"H", "T", "-"}  # flags of rules that show nothing where they stand
_EMPHASIS = re.compile("'{2,}")
_SWITCH = re.compile(r"__[A-Z]+__")  # __NOTOC__
_NOTHING = re.compile(r" ?[(（][\s,，;；:：、]*[)）]")  # brackets round a template
_MARGIN = re.compile(r"^[ \t]+|[ \t]+$", re.MULTILINE)
_GAP = re.compile(r"\n{3,}")


class Markup:
    """Plain text out of markup.

    Raises:
        MissingExtra: mwparserfromhell is not installed.
    """

    def __init__(self) -> None:
        try:
            import mwparserfromhell
        except ImportError as error:
            package = "mwparserfromhell"
            raise MissingExtra(package, "wikipedia", "reading a dump of Wikipedia") from error
        self._parse = mwparserfromhell.parse
        self._nodes = mwparserfromhell.nodes
        self._hidden = _HIDDEN.copy()

    def hide(self, namespace: str) -> None:
        """Show no link to this namespace, as those of files and categories are called here."""
        self._hidden.add(namespace.lower())

    def plain(self, wikitext: str) -> str:
        """The text that a reader sees of a page."""
        wikitext = _CONVERSION.sub(_converted, wikitext)
        # To parse emphasis as tags takes twice the time.
        text = self._shown(self._parse(wikitext, skip_style_tags=True))
        text = _EMPHASIS.sub(_apostrophe, text)
        text = _NOTHING.sub("", _SWITCH.sub("", text))
        return _GAP.sub("\n\n", _MARGIN.sub("", text)).strip()

    def _shown(self, code: Any) -> str:
        return "".join(map(self._words, code.nodes)) if code else ""

    def _words(self, node: Any) -> str:
        """What is seen of a node; of templates, arguments and comments, nothing."""
        kinds = self._nodes
        if isinstance(node, kinds.Text):
            return str(node.value)
        if isinstance(node, kinds.Wikilink):
            return self._link(node)
        if isinstance(node, kinds.ExternalLink):
            return self._shown(node.title) if node.brackets else str(node.url)
        if isinstance(node, kinds.Heading):
            return self._shown(node.title).strip()
        if isinstance(node, kinds.HTMLEntity):
            character = str(node.normalize())
            return "" if "\ud800" <= character <= "\udfff" else character  # half of a pair
        if isinstance(node, kinds.Tag):
            return self._element(node)
        return ""

    def _link(self, link: Any) -> str:
        title = str(link.title).strip()
        namespace, colon, _ = title.partition(":")
        if colon and namespace.strip().lower() in self._hidden:
            return ""
        return self._shown(link.title if link.text is None else link.text).removeprefix(":")

    def _element(self, tag: Any) -> str:
        name = str(tag.tag).strip().lower()
        if name == "br":
            return "\n"
        return "" if name in _INVISIBLE else self._shown(tag.contents)


def _apostrophe(marks: re.Match[str]) -> str:
    """What stays of marks of emphasis: of four, one is an apostrophe."""
    return "'" if len(marks[0]) == 4 else ""


def _converted(rule: re.Match[str]) -> str:
    """The mainland's wording of a rule that converts between variants of Chinese.

    Such as ``-{zh-hans:计算机; zh-hant:電腦}-``; see
    https://www.mediawiki.org/wiki/Writing_systems/Syntax
    """
    flags, body = rule[1] or "", rule[2]
    if set(flags.replace(" ", "").split(";")) & _SILENT:
        return ""
    pairs = [_VARIANT.fullmatch(part.strip()) for part in body.split(";") if part.strip()]
    variants = {pair[1]: pair[2].strip() for pair in pairs if pair}
    if not variants:
        return body
    return next((variants[v] for v in _VARIANTS if v in variants), next(iter(variants.values())))
