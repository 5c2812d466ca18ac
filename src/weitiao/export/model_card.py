"""A model card in the hub's form, in English and Chinese, filled with what the run knows."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import weitiao
from weitiao.export.card_words import OF_TEXTS, TASKS_ZH, words_of
from weitiao.export.interval import interval
from weitiao.models.backbones.tuned import Tuned
from weitiao.models.module import Module
from weitiao.objectives.replies.replying import Replying
from weitiao.objectives.spans.tagging import Tagging
from weitiao.objectives.vectors.bi_encoder import BiEncoder
from weitiao.training.run_folder import RunFolder

TEMPLATE = "model_card.md.jinja"
TEMPLATES = {BiEncoder: "vector_card.md.jinja", Replying: "chat_card.md.jinja"}
"""Those of kinds of objectives that have their own."""
SHOWN = 20  # labels by name
WEAKEST = 3


def write_card(
    module: Module, run: RunFolder | None, texts: Sequence[str], name: str, folder: Path
) -> None:
    """Write ``README.md``.

    Args:
        run: knows scores and data; null = they are not at hand, as of a model that was moved.
        texts: some that it was checked on; they tell the language.
        folder: the exported one.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined
    )
    facts = _of_model(module, texts, name, folder) | _of_run(module, run)
    own = (name for kind, name in TEMPLATES.items() if isinstance(module.objective, kind))
    template = next(own, TEMPLATE)
    (folder / "README.md").write_text(environment.get_template(template).render(facts), "utf-8")


def _of_model(module: Module, texts: Sequence[str], name: str, folder: Path) -> dict[str, Any]:
    objective, words = module.objective, words_of(module.objective)
    kind = type(objective).__name__
    labels = [*objective.named] if isinstance(objective, Tagging) else [*objective.classes]
    backbone = module.backbone
    start = backbone.name if isinstance(backbone, Tuned) else None
    config = folder / "config.json"
    own = config.is_file() and "auto_map" in config.read_text("utf-8")
    shown = ", ".join(labels[:SHOWN]) + (f", … ({len(labels)})" if labels[SHOWN:] else "")
    pair = module.card.input.pair
    return {
        "name": name,
        "task": re.sub(r"(?<=[a-z])([A-Z])", lambda m: f"-{m[1].lower()}", kind),
        "task_zh": TASKS_ZH.get(kind, kind),
        "pipeline": words.pipeline,
        "classes_en": shown or words.about[0],
        "classes_zh": shown.replace(", ", "、") or words.about[1],
        "has_classes": bool(objective.classes),
        "beyond_en": words.beyond[0],
        "beyond_zh": words.beyond[1],
        "windows": module.card.tokens.windows,
        "languages": _languages(texts),
        "library": "transformers" if config.is_file() else "onnx" if _onnx(folder) else "pytorch",
        "trust": ", trust_remote_code=True" if own else "",
        "example": '{"text": "…", "text_pair": "…"}' if pair else '"房间很干净"',
        "shell_example": "$'…\\t…'" if pair and words is OF_TEXTS else words.example,
        "encoder": start and Path(start).name,
        "base_model": start if start and _on_hub(start) else None,
        "tags": ["fine-tuned"] if start else [],
        "network": type(backbone).__name__,
        "width": backbone.width,
        "first": objective.first,
        "baseline": objective.baseline,
        "version": weitiao.__version__,
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "longest": module.card.tokens.max_length,
    }


def _on_hub(name: str) -> bool:
    """Whether an encoder's name can be one of the hub, which takes no card that names a folder."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return not Path(name).is_dir()


def _onnx(folder: Path) -> bool:
    return (folder / "model.onnx").is_file()


def _languages(texts: Sequence[str]) -> list[str]:
    """``zh`` and ``en``, as far as a tenth of the texts are written so."""
    hanzi = np.mean([bool(re.search("[\u3400-\u9fff]", text)) for text in texts])
    return [code for code, share in (("zh", hanzi), ("en", 1 - hanzi)) if share >= 0.1]


def _of_run(module: Module, run: RunFolder | None) -> dict[str, Any]:
    metrics = _read(run.metrics) if run and run.metrics.is_file() else {}
    audit = _read(run.audit) if run and run.audit.is_file() else {}
    prefix = "test_leak_free" if any(n.startswith("test_leak_free/") for n in metrics) else "test"
    scores = [*_scores(module, metrics, prefix)]
    rows = module.card.rows.get("test", 0)
    found = interval(module.objective, run.predictions) if run and scores else None
    told_en, told_zh = _measured(prefix, rows, found)
    encoded = audit.get("encode", {}).get("train", {})
    return {
        "scores": scores,
        "compared": any(theirs for *_, theirs in scores),
        "measured_en": told_en,
        "measured_zh": told_zh,
        "splits": [*_splits(module, audit)],
        "removed": _counted(audit.get("audit", {}).get("removed", {})),
        "cleaned": _counted(audit.get("clean", {}).get("train", {}).get("changed", {})),
        "cut": f"{100 * encoded['cut_share']:.1f} %" if "cut_share" in encoded else "–",
        "worst": _worst(module, metrics),
    }


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def _scores(
    module: Module, metrics: Mapping[str, float], prefix: str
) -> Iterator[tuple[str, str, str]]:
    baseline = prefix.replace("test", "baseline")
    for name, title in module.objective.shown:
        if (ours := metrics.get(f"{prefix}/{name}")) is not None:
            theirs = metrics.get(f"{baseline}/{name}")
            yield title, f"{ours:.4f}", "" if theirs is None else f"{theirs:.4f}"


def _measured(prefix: str, rows: int, found: tuple[float, float] | None) -> tuple[str, str]:
    """What the scores are of, in both languages."""
    en, zh = f"On {rows:,} rows of the test split", f"测试集 {rows:,} 行"
    if prefix != "test":
        en, zh = en + ", without those that stand in train", zh + "，不含训练集中出现过的行"
    if found is not None:
        low, high = (f"{value:.4f}" for value in found)
        en += f"; 95 % interval of the first score over all of them (bootstrap): {low} – {high}"
        zh += f"；首项指标的 95 % 区间（全部测试行，自助法）：{low} – {high}"
    return f"{en}.", f"{zh}。"


def _splits(module: Module, audit: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    parts = audit.get("audit", {}).get("splits", {})
    for split, rows in module.card.rows.items():
        classes = parts.get(split, {}).get("classes") or {}
        some = [
            f"{label} {count:,}".replace("|", r"\|") for label, count in [*classes.items()][:SHOWN]
        ]
        yield split, f"{rows:,}", ", ".join([*some, *(["…"] if len(classes) > SHOWN else [])])


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)


def _worst(module: Module, metrics: Mapping[str, float]) -> str:
    begin = "test/f1_class/"
    known = {n.removeprefix(begin): x for n, x in metrics.items() if n.startswith(begin) and x == x}
    worst = sorted(known, key=lambda label: known[label])[:WEAKEST]
    return ", ".join(f"{label} {known[label]:.3f}" for label in worst) if len(known) > 2 else ""
