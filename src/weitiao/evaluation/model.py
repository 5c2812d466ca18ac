"""A model for inference: a backbone and an objective, without what training needs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from weitiao.card import DataCard

# the others, so that a checkpoint may name them
from weitiao.models.backbones import known  # noqa: F401
from weitiao.models.backbones.base import BackboneFactory
from weitiao.models.backbones.transformer import Transformer
from weitiao.objectives import Classification
from weitiao.objectives.base import Batch, Objective, ObjectiveFactory, Values

PARTS = ("backbone.", "objective.")
"""Begins of the names of its weights, as in a `Module`, which has metrics beside them."""


@contextmanager
def without_weights() -> Iterator[None]:
    """Modules that are made in the block have no numbers yet: they neither take memory nor time."""

    def empty(module: nn.Module, name: str, weight: nn.Parameter) -> nn.Parameter:
        return nn.Parameter(weight.to("meta"), requires_grad=weight.requires_grad)

    # typed as if what the hook gives back didn't take the parameter's place
    handle = register_module_parameter_registration_hook(empty)  # type: ignore[arg-type]
    try:
        yield
    finally:
        handle.remove()


class Model(nn.Module):
    """The parts of a `Module` that predictions need.

    Args:
        card: the data card.
        backbone: inputs → vectors ``(B, T, H)``.
        objective: vectors → predictions.
    """

    objective: Objective

    def __init__(
        self,
        card: DataCard,
        backbone: BackboneFactory = Transformer,
        objective: ObjectiveFactory = Classification,
    ) -> None:
        super().__init__()
        self.card = card
        self.backbone = backbone(card)
        self.objective = objective(card, self.backbone)

    def forward(self, batch: Batch) -> Values:
        """Predictions of a batch."""
        return self.objective.predict(self.backbone, batch)

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Take the weights of a `Module`; as far as they are of the right numbers, not copied.

        Raises:
            RuntimeError: weights are missing, unknown, or of another shape.
        """
        kinds = {name: weight.dtype for name, weight in self.state_dict().items()}
        own = {n: w.to(kinds.get(n, w.dtype)) for n, w in weights.items() if n.startswith(PARTS)}
        self.load_state_dict(own, assign=True)
