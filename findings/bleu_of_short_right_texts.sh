#!/usr/bin/env bash
# sacrebleu 2.6.0: of a corpus in which no text has four tokens, such as answers, commands or entries of a dictionary,
# BLEU is 0 even where every text is the right one to the letter; nothing is said. There is no 4-gram, and its precision,
# 0 of 0, counts as 0, which the usual way of smoothing (exp) and floor don't mend; add-k does. One single longer text in
# ten thousand makes it 100. So a model of short texts seems to learn nothing, and a best checkpoint that is picked by it
# is the first one. `effective_order=True` gives 100, but is by its own warning meant for single sentences; chrF is 100.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q sacrebleu==2.6.0
"$work/venv/bin/python" - <<'PY'
import sacrebleu
from sacrebleu.metrics import BLEU, CHRF

print("sacrebleu", sacrebleu.__version__)
SHORT = {"13a": ["hello world", "good morning", "see you soon"], "zh": ["下雨了", "好的", "谢谢你"]}
LONGER = {"13a": "it is raining again today", "zh": "今天又下雨了"}


def bleu(texts: list[str], **options: object) -> float:
    """BLEU of texts that are all right."""
    return BLEU(**options).corpus_score(texts, [texts]).score


found = []
for tokenize, texts in SHORT.items():
    ways = [round(bleu(texts, tokenize=tokenize, smooth_method=way), 3) for way in ("exp", "floor", "add-k")]
    many = bleu([*texts * 3_000, LONGER[tokenize]], tokenize=tokenize)
    single = bleu(texts, tokenize=tokenize, effective_order=True)
    chrf = CHRF().corpus_score(texts, [texts]).score
    print(f"{texts}: BLEU {ways}, with one longer text {many:.1f}, by effective order {single:.1f}, chrF {chrf:.1f}")
    found.append((ways, round(many, 3), round(single, 3), round(chrf, 3)))
print(found)
as_seen = all(one == ([0.0, 0.0, 100.0], 100.0, 100.0, 100.0) for one in found)
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
