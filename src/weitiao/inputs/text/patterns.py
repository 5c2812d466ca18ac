"""What the cleaning steps look for, as compiled patterns that scan a text in linear time.

They are bounded or cannot backtrack far. Most texts hold nothing that a step removes, so a cheap
`hint`, a set of characters or a literal, decides whether the pattern itself has to run.
"""

import html
import re
from collections.abc import Callable
from functools import cache
from html.entities import html5

# Ranges that hold every emoji of the package `emoji`, keycap included (a test compares them).
_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u20e3\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf"
    "\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
# Signs of writing that Unicode also lists as emoji; one only with a variation selector.
SIGNS = frozenset("©®™‼⁉ℹ↔↕↖↗↘↙↩↪Ⓜ▪▫▶◀✔✖〰〽㊗㊙")
HANZI = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")

_TAGS = "\U000e0020-\U000e007f"  # spell a region after a black flag: 🏴󠁧󠁢󠁥󠁮󠁧󠁿
# Control characters that aren't white space, soft hyphen, zero-width and direction marks.
_ALWAYS_INVISIBLE = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0001\U000e0100-\U000e01ef"
)
EMOJI_HINT = re.compile(f"[{_EMOJI}]")
# Emoji without a gap between them, at most 64 characters at a time: the package takes quadratic
# time for many joined ones.
EMOJI_RUN = re.compile(
    f"(?:[0-9#*](?=\ufe0f?\u20e3)|[{_EMOJI}])"
    f"(?:[0-9#*](?=\ufe0f?\u20e3)|[{_EMOJI}\u200d\ufe0e\ufe0f{_TAGS}]){{0,63}}"
)
INVISIBLE_HINT = re.compile(f"[{_ALWAYS_INVISIBLE}\u200d\ufe00-\ufe0f{_TAGS}]")
INVISIBLE = re.compile(
    f"[{_ALWAYS_INVISIBLE}]"
    # Joiner, variation selectors and tags, where they are no part of an emoji.
    f"|\u200d(?!(?<=[{_EMOJI}\ufe0f]\u200d)[{_EMOJI}])"
    f"|[\ufe00-\ufe0f](?<![{_EMOJI}].)(?!\u20e3)"
    f"|[{_TAGS}](?<![\U0001f3f4{_TAGS}].)[{_TAGS}]*"
)

# Full-width ASCII and space, without the marks that Chinese punctuation uses: ！（），：；？～
WIDE = re.compile("[\u3000\uff02-\uff07\uff0a\uff0b\uff0d-\uff19\uff1c-\uff1e\uff20-\uff5d]")

_INLINE = (
    "a|abbr|acronym|b|big|cite|code|del|em|font|i|ins|kbd|nobr|q|s|small|span|strike|strong|sub"
    "|sup|tt|u"
)
_BLOCK = (
    "address|applet|area|article|aside|audio|base|blockquote|body|br|button|canvas|caption|center"
    "|col|colgroup|dd|dir|div|dl|dt|embed|fieldset|figcaption|figure|footer|form|frame|frameset"
    "|h[1-6]|head|header|hr|html|iframe|img|input|legend|li|link|meta|nav|noscript|object|ol"
    "|optgroup|option|p|param|picture|pre|script|section|select|source|style|table|tbody|td"
    "|textarea|tfoot|th|thead|title|tr|ul|video|wbr"
)
# An attribute needs a value, lest "a<b and c>d" be a tag; these few may stand alone.
_ATTRIBUTE = (
    r"""\s+(?:[a-z_:@][\w:.-]*+\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'|[^\s"'<>]++)"""
    r"|(?:async|checked|controls|defer|disabled|hidden|multiple|noshade|nowrap|readonly|required"
    r"|selected)(?![\w=-]))"
)
TAG = re.compile(
    r"<(?:!--(?:(?!<!--|-->).)*+-->"
    r"|!doctype\s[^<>]*+>"
    r"|(script|style)(?:\s[^<>]*+)?>(?:(?!</?(?:script|style)\b).)*+</\1\s*>"
    rf"|/?(?:(?P<inline>{_INLINE})|{_BLOCK})(?:{_ATTRIBUTE})*+\s*+/?>)",
    re.IGNORECASE | re.DOTALL | re.ASCII,
)
# Only with a semicolon: "AT&T" and "?a=1&copy=2" hold no entity. "&amp;amp;lt;" is one.
ENTITY = re.compile(r"&((?:amp;)*)(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

URL_HINT = re.compile(r":/|[Ww]\.")
# Ends before Chinese text and before punctuation that closes a sentence or bracket.
URL = re.compile(
    r"(?:(?:[Hh][Tt][Tt][Pp][Ss]?|[Ff][Tt][Pp])://|(?<![A-Za-z0-9.])[Ww]{3}\.)"
    r"[\w.~:/?#\[\]@!$&'()*+,;=%|-]*[\w/=&#%~+-]",
    re.ASCII,
)
EMAIL = re.compile(
    r"(?<![\w.%+-])[\w.%+-]{1,64}+@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])",
    re.ASCII,
)
PHONE_HINT = re.compile("[0-9]{3}")
# 1[3-9]x mobiles; 0xx(x) landlines with extension; 400 and 800 numbers. The groups hold the first
# separator, which the second repeats. Not inside longer numbers, decimals, sums or dates.
PHONE = re.compile(
    r"(?<![0-9¥￥$])(?<![0-9][.-])(?:(?:\+|00)?86[ -]?)?"
    r"(?:1[3-9][0-9]([ -]?)[0-9]{4}\1[0-9]{4}"
    r"|[(（]?0(?:10|2[0-9]|[3-9][0-9]{2})[)）]?[ -]?[2-9][0-9]{6,7}(?:-[0-9]{1,5})?"
    r"|[48]00([ -]?)(?!000)[0-9]{3}\2[0-9]{4})"
    r"(?![0-9]|[.-][0-9]| ?[元块圆万亿年])"
)
AT = re.compile("@")
# A Weibo name, with the "//" before and the colon after it of a repost.
MENTION = re.compile(r"(?:(?<!:)//)?(?<![A-Za-z0-9_.%+-])@[\w-]{2,30}[:：]?")
HASH = re.compile("#")
TOPIC = re.compile(r"(?<![A-Za-z0-9&#])#(?=\w)[^#\n<>&]{1,40}(?<=[\w！？!?])#(?![A-Za-z0-9])")


def replace(hint: re.Pattern[str], pattern: re.Pattern[str], by: str) -> Callable[[str], str]:
    """A function that replaces each match of `pattern` in a text where `hint` is found."""
    return lambda text: text if hint.search(text) is None else pattern.sub(by, text)


@cache
def repeats(longest: int) -> re.Pattern[str]:
    """Runs of more than `longest` of one character that is neither digit nor white space."""
    return re.compile(rf"([^\d\s])\1{{{longest},}}")


def strip_html(text: str) -> str:
    """Without tags (a block tag leaves a space), and with entities decoded."""
    if "<" in text:
        text = TAG.sub(lambda match: "" if match["inline"] else " ", text)
    return ENTITY.sub(_decode, text) if "&" in text else text


def _decode(match: re.Match[str]) -> str:
    name = match[2]
    if name.startswith("#"):
        return html.unescape(f"&{name};")
    # Not html.unescape: it finds "not" in "&notit;".
    return html5.get(f"{name};", f"&{name};")


def halve(match: re.Match[str]) -> str:
    """The half-width form of one character of `WIDE`."""
    char = match[0]
    return " " if char == "\u3000" else chr(ord(char) - 0xFEE0)
