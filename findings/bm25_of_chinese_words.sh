#!/usr/bin/env bash
# bm25s 0.3.16: `bm25s.tokenize` keeps tokens of two and more letters (`\b\w\w+\b`, as scikit-learn
# does). Chinese that was cut into words first, as is usual, so loses all words of one hanzi, without
# a warning: who asks for a cat (猫) or a fish (鱼) gets a score of 0 for each document, and the one
# that is named first has nothing of it. Chinese as it is written is one token from mark to mark, and a question
# finds nothing either. With token_pattern=r"\S+" the words are found.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q bm25s==0.3.16 numpy==2.3.5
cat > search.py <<'PYTHON'
import bm25s

documents = ["北京 的 大学 今天 开学", "广州 人 爱 吃 早茶", "邻居 家 的 猫 喜欢 吃 鱼", "股票 价格 今年 上涨"]
questions, right = ["猫", "鱼"], 2


def search(texts: list[str], queries: list[str], **how: str) -> list[tuple[int, float]]:
    """The first document of each query, and its score."""
    index = bm25s.BM25()
    index.index(bm25s.tokenize(texts, show_progress=False, **how), show_progress=False)
    asked = bm25s.tokenize(queries, show_progress=False, **how)
    found, scores = index.retrieve(asked, k=1, show_progress=False)
    return [(int(f[0]), float(s[0])) for f, s in zip(found, scores, strict=True)]


print("bm25s", bm25s.__version__)
written = [text.replace(" ", "") for text in documents]
ways = {
    "cut into words": search(documents, questions),
    "as written": search(written, questions),
    "words, \\S+": search(documents, questions, token_pattern=r"\S+"),
}
for name, found in ways.items():
    for question, (first, score) in zip(questions, found, strict=True):
        print(f"{name:15} {question}: score {score:.2f}, first: {written[first]}")
as_seen = (
    all(score == 0 for _, score in ways["cut into words"] + ways["as written"])
    and all(first == right and score > 0 for first, score in ways["words, \\S+"])
)
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PYTHON
venv/bin/python search.py 2>err.txt || { cat err.txt; exit 1; }
