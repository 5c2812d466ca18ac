"""What every backbone is: inputs to one vector per position, ``(B, T, H)``."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Literal

from torch import Tensor, nn

from weitiao.card import DataCard


class Backbone(nn.Module, ABC):
    """Anything that turns ids, or pixels, into one vector per position.

    A subclass takes the data card first and its own options by keyword; naming it as
    ``model.backbone`` is all it takes to use it.
    """

    width: int
    """``H``, the width of the vectors."""

    @abstractmethod
    def forward(self, *args: Any, **inputs: Any) -> Tensor:
        """Vectors of each position.

        Args:
            args: those of ``inputs``, in their order.
            inputs: what rows of the input give, by name. Of texts, ``input_ids (B, T)`` int64;
                ``attention_mask (B, T)`` bool, false at padding; and, for pairs, ``token_type_ids
                (B, T)``, 0 or 1. Of pictures, ``pixels (B, C, S, S)``.

        Returns:
            ``(B, T, H)``; values at padding are arbitrary.
        """

    def rebuild_args(self) -> dict[str, Any]:
        """Keyword arguments that build this backbone again without the files it came from."""
        return {}


Activation = Literal["sigmoid", "tanh", "relu", "gelu", "gelu_pytorch_tanh"]
BackboneFactory = Callable[[DataCard], Backbone]
