"""The baselines: what simpler models reach on the same split, first TF-IDF and a linear one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from weitiao.data.prepared import Prepared
from weitiao.objectives.base import Objective
from weitiao.objectives.baselines import Baselines
from weitiao.targets import target_array

WEIGHTS = 50_000_000  # of a linear model at most (0.4 GB); of more, the rarest n-grams are left out


@dataclass(frozen=True)
class Baseline:
    """What is said of the test split.

    Args:
        c: inverse regularisation of the linear model, chosen on validation by the score that is
            looked at first.
        predicted: its predicted classes ``(N,)``, labels ``(N, C)``, or values ``(N,)``.
        targets: the true ones.
        simpler: the same of models that are simpler still: ``majority`` says what most rows of
            train have, ``mean`` their mean, and ``similarity``, of pairs, goes by the cosine of
            the two texts alone.
    """

    c: float
    predicted: np.ndarray
    targets: np.ndarray
    simpler: dict[str, np.ndarray]


def measure_baseline(prepared: Prepared, objective: Objective, models: Baselines) -> Baseline:
    """Fit TF-IDF of character 1–3-grams and a linear model on train, choose C on val, test once.

    Character n-grams need no segmentation, and are the strongest linear baseline on short Chinese
    text (Li et al. 2019, "Is Word Segmentation Necessary for Deep Learning of Chinese
    Representations?", and our own trials).
    """
    x = _features(prepared, objective, each_text=models.each_text)
    targets = {split: target_array(prepared.ids(split)["target"]) for split in x}
    best = None
    for c in models.choices:
        model = models.linear(c).fit(x["train"], targets["train"])
        score = _first_score(model.predict(x["val"]), targets["val"], objective)
        if best is None or score > best[0]:
            best = (score, c, model)
    assert best is not None
    name, constant = models.constant
    simpler = {name: constant.fit(x["train"], targets["train"]).predict(x["test"])}
    if "pair" in prepared.rows("train").column_names:
        simpler["similarity"] = _by_similarity(models, objective, x, targets)
    return Baseline(best[1], best[2].predict(x["test"]), targets["test"], simpler)


def _by_similarity(
    models: Baselines, objective: Objective, x: dict[str, Any], targets: dict[str, np.ndarray]
) -> Any:
    """Say by the cosine of a pair, the last column of its features, what it is."""
    cosine = {split: part[:, [-1]].toarray() for split, part in x.items()}
    fitted = [model.fit(cosine["train"], targets["train"]) for model in models.by_similarity]
    scores = [_first_score(m.predict(cosine["val"]), targets["val"], objective) for m in fitted]
    return fitted[int(np.argmax(scores))].predict(cosine["test"])


def _first_score(predicted: np.ndarray, targets: np.ndarray, objective: Objective) -> float:
    found, true = torch.tensor(predicted), torch.tensor(targets)
    return float(objective.measure(found, found, true, ranked=False)[objective.first])


def _features(prepared: Prepared, objective: Objective, *, each_text: bool) -> dict[str, Any]:
    """TF-IDF per split; of pairs what the two texts share and what they don't, and their cosine.

    The classes of a pair may depend on which text comes first, so these see both texts, too; on
    STS-B zh a regression loses by it (validation R² 0.51 instead of 0.54).
    """
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        analyzer="char",
        ngram_range=(1, 3),
        sublinear_tf=True,
        max_features=WEIGHTS // max(len(objective.classes), 1),
        dtype=np.float32,
    )
    tables = {split: prepared.rows(split) for split in ("train", "val", "test")}
    if "pair" not in tables["train"].column_names:
        texts = {split: table["text"].to_pylist() for split, table in tables.items()}
        found = {"train": vectorizer.fit_transform(texts["train"])}
        return found | {split: vectorizer.transform(texts[split]) for split in ("val", "test")}
    columns = {s: [t["text"].to_pylist(), t["pair"].to_pylist()] for s, t in tables.items()}
    vectorizer.fit(columns["train"][0] + columns["train"][1])

    def of_pairs(split: str) -> Any:
        a, b = map(vectorizer.transform, columns[split])
        shared = a.multiply(b).tocsr()
        alone = [a, b] if each_text else []
        return hstack([*alone, shared, abs(a - b), csr_matrix(shared.sum(1))]).tocsr()

    return {split: of_pairs(split) for split in tables}
