"""From label cells to targets: classes, sets, a scale, paths, numbers, spans, answers, choices,
replies, preferred ones, references."""

from weitiao.targets.answers import Answers
from weitiao.targets.base import Swapped, Target, columns_of_the_file, target_array
from weitiao.targets.choice import Choice
from weitiao.targets.feedback import Feedback
from weitiao.targets.hierarchy import Hierarchy
from weitiao.targets.label_set import Labels
from weitiao.targets.number import Number
from weitiao.targets.one_class import OneClass
from weitiao.targets.positives import Positives
from weitiao.targets.preferred import Preferred
from weitiao.targets.reference import Reference
from weitiao.targets.reply import Reply
from weitiao.targets.scale import Scale
from weitiao.targets.spans import Spans

__all__ = [
    "Answers",
    "Choice",
    "Feedback",
    "Hierarchy",
    "Labels",
    "Number",
    "OneClass",
    "Positives",
    "Preferred",
    "Reference",
    "Reply",
    "Scale",
    "Spans",
    "Swapped",
    "Target",
    "columns_of_the_file",
    "target_array",
]
