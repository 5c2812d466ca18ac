"""From label cells to targets: classes, sets, a scale, paths of a tree, numbers."""

from weitiao.targets.base import Swapped, Target, columns_of_the_file, target_array
from weitiao.targets.hierarchy import Hierarchy
from weitiao.targets.label_set import Labels
from weitiao.targets.number import Number
from weitiao.targets.one_class import OneClass
from weitiao.targets.scale import Scale

__all__ = [
    "Hierarchy",
    "Labels",
    "Number",
    "OneClass",
    "Scale",
    "Swapped",
    "Target",
    "columns_of_the_file",
    "target_array",
]
