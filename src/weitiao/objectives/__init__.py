"""What a model learns: labels, spans, answers, choices, texts, vectors, and what they share."""

from weitiao.objectives.answers.answering import Answering
from weitiao.objectives.choices.choosing import Choosing
from weitiao.objectives.labels.classification import Classification
from weitiao.objectives.labels.hierarchical import Hierarchical
from weitiao.objectives.labels.multilabel import MultiLabel
from weitiao.objectives.labels.ordinal import Ordinal
from weitiao.objectives.labels.regression import Regression
from weitiao.objectives.preferences.judging import Judging
from weitiao.objectives.preferences.preferring import Preferring
from weitiao.objectives.replies.replying import Replying
from weitiao.objectives.replies.summarising import Summarising
from weitiao.objectives.replies.translating import Translating
from weitiao.objectives.spans.tagging import Tagging
from weitiao.objectives.vectors.likeness import Likeness
from weitiao.objectives.vectors.retrieval import Retrieval

__all__ = [
    "Answering",
    "Choosing",
    "Classification",
    "Hierarchical",
    "Judging",
    "Likeness",
    "MultiLabel",
    "Ordinal",
    "Preferring",
    "Regression",
    "Replying",
    "Retrieval",
    "Summarising",
    "Tagging",
    "Translating",
]
