"""What a model learns, one file each, of parts that they share: pooling, heads, losses, metrics."""

from weitiao.objectives.answering import Answering
from weitiao.objectives.classification import Classification
from weitiao.objectives.hierarchical import Hierarchical
from weitiao.objectives.likeness import Likeness
from weitiao.objectives.multilabel import MultiLabel
from weitiao.objectives.ordinal import Ordinal
from weitiao.objectives.regression import Regression
from weitiao.objectives.retrieval import Retrieval
from weitiao.objectives.tagging import Tagging

__all__ = [
    "Answering",
    "Classification",
    "Hierarchical",
    "Likeness",
    "MultiLabel",
    "Ordinal",
    "Regression",
    "Retrieval",
    "Tagging",
]
