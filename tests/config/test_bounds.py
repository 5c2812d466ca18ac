import pytest

from weitiao.config.bounds import at_least, shares
from weitiao.data.batch import Batching
from weitiao.errors import ConfigError
from weitiao.models.backbones.lora import Lora
from weitiao.models.optim import Optimisation
from weitiao.objectives.heads import Head
from weitiao.objectives.labels.classification import ClassLoss
from weitiao.objectives.wide import Wide


def test_bounds_name_the_argument():
    at_least(1, a=1, b=2.5, c=None)
    shares(a=0, b=0.99)
    for value in (0, float("nan")):
        with pytest.raises(ConfigError, match=r"^b must be at least 1, got"):
            at_least(1, a=1, b=value)
    for value in (-0.1, 1, float("nan")):
        with pytest.raises(ConfigError, match=r"^a is a share"):
            shares(a=value)


@pytest.mark.parametrize(
    ("part", "options"),
    [
        (Batching, {"size": 0}),
        (Batching, {"workers": -1}),
        (Head, {"dropout": 1.0}),
        (ClassLoss, {"label_smoothing": 2.0}),
        (Optimisation, {"lr": -1.0}),
        (Optimisation, {"weight_decay": -1.0}),
        (Optimisation, {"eps": -1.0}),
        (Optimisation, {"betas": (0.9, 1.0)}),
        (Lora, {"rank": 0}),
        (Lora, {"alpha": 0}),
        (Lora, {"dropout": 1.0}),
        (Wide, {"orders": 0}),
        (Wide, {"buckets": 0}),
        (Wide, {"dropout": -0.1}),
        (Wide, {"lr": -1.0}),
    ],
)
def test_a_part_refuses_numbers_that_make_no_sense(part, options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        part(**options)
