"""From label cells to targets: one class, several, a class of a scale, a number."""

from weitiao.targets.base import Swapped, Target, target_array
from weitiao.targets.label_set import Labels
from weitiao.targets.number import Number
from weitiao.targets.one_class import OneClass
from weitiao.targets.scale import Scale

__all__ = ["Labels", "Number", "OneClass", "Scale", "Swapped", "Target", "target_array"]
