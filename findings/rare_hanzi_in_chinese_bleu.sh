#!/usr/bin/env bash
# sacrebleu 2.6.0: BLEU of Chinese (`tokenize="zh"`) counts hanzi one by one, so that a sentence which differs by one
# hanzi in eight scores above 80. Of the hanzi beyond U+FFFF (extension B and later: names of people and places, old
# texts) and of those that came after Unicode 4.1 (U+9FBC to U+9FFF) that isn't so: a run of them is one token, and the
# same sentence scores 0. The ranges of those planes are written with four digits of an escape too few, whereby dashes,
# quotation marks, arrows and signs of currency (U+2000 to U+2A6D) are taken for hanzi: €5 counts as two tokens in
# English, too. A rare hanzi beside common ones stands by itself, since these are split off on both sides.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q sacrebleu==2.6.0
"$work/venv/bin/python" - <<'PY'
import sacrebleu
from sacrebleu.tokenizers.tokenizer_zh import TokenizerZh

print("sacrebleu", sacrebleu.__version__)
tokens = TokenizerZh()


def score(found: str, right: str) -> float:
    """BLEU of one sentence."""
    value = sacrebleu.corpus_bleu([found], [[right]], tokenize="zh").score
    print(f"{found}  {right}  BLEU {value:5.1f}, tokens: {tokens(found)}")
    return value


rare = "".join(map(chr, range(0x20000, 0x20009)))
later = "".join(map(chr, range(0x9FC0, 0x9FC9)))
scores = [
    score("我们今天去看电影吧", "我们今天去看电影啊"),
    score(rare, rare[:-1] + chr(0x20010)),
    score(later, later[:-1] + chr(0x9FD0)),
]
price, arrow = tokens("it costs €5"), tokens("A→B")
print(price, "|", arrow)
as_seen = scores[0] > 80 and scores[1:] == [0, 0]
as_seen &= price == "it costs € 5" and arrow == "A → B" and tokens("姓" + chr(0x20BB7) + "野").count(" ") == 2
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
