"""The network of an exported model, as `AutoModelForSequenceClassification` loads it."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from weitiao.objectives.pooling import build_pooling
from weitiao.objectives.wide_ngrams import WideNgrams

ACTIVATIONS = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU}


class WeitiaoConfig(PretrainedConfig):
    """What the network is.

    Args:
        encoder: the configuration of the encoder.
        scorer: pooling, head and what is linear beside them.
        output: how logits become what `pipeline` expects: ``classes``, ``labels``, ``steps`` of a
            scale, or a ``number``.
    """

    model_type = "weitiao"

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        scorer: dict[str, Any] | None = None,
        output: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.encoder, self.scorer, self.output = encoder or {}, scorer or {}, output or {}
        super().__init__(**kwargs)


class LinearPart(nn.Module):
    """Logits of TF-IDF n-grams."""

    weight: Tensor
    bias: Tensor

    def __init__(self, features: int, logits: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(features, logits))
        self.register_buffer("bias", torch.zeros(logits))

    def forward(self, ids: Tensor, values: Tensor) -> Tensor:
        """``ids (B, G)``, ``values (B, G)`` → ``(B, C)``."""
        summed = F.embedding_bag(ids, self.weight, per_sample_weights=values, mode="sum")
        return summed + self.bias


class Blend(nn.Module):
    """The weighted sum of parts."""

    weight: Tensor

    def __init__(self, parts: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.ones(parts))

    def forward(self, parts: list[Tensor]) -> Tensor:
        """Logits ``(B, C)`` of each → ``(B, C)``."""
        return torch.einsum("p,pbc->bc", self.weight, torch.stack(parts))


class Scorer(nn.Module):
    """Vectors and ids → logits ``(B, C)``."""

    def __init__(self, width: int, scorer: dict[str, Any]) -> None:
        super().__init__()
        logits, hidden, wide = scorer["logits"], scorer["hidden"], scorer["wide"]
        self.pool = build_pooling(scorer["pooling"], width)
        before = [nn.Linear(width, width), ACTIVATIONS[hidden]()] if hidden else []
        self.head = nn.Sequential(*before, nn.Dropout(0.1), nn.Linear(width, logits))
        self.wide = WideNgrams(logits, wide["orders"], wide["buckets"], 0.0) if wide else None
        self.share = wide["share"] if wide else 0.0
        features = scorer["linear_features"]
        self.linear = LinearPart(features, logits) if features else None
        self.blend = Blend(2 if features else 1) if scorer["blend"] else None

    def forward(
        self, vectors: Tensor, ids: Tensor, mask: Tensor, features: tuple[Tensor, Tensor] | None
    ) -> Tensor:
        """``vectors (B, T, H)``, ``ids (B, T)``, ``mask (B, T)`` bool → ``(B, C)``."""
        mixed = self.head(self.pool(vectors, mask))
        if self.wide is not None:
            mixed = torch.lerp(mixed, self.wide(ids, mask), self.share)
        parts = [mixed]
        if self.linear is not None:
            if features is None:
                raise ValueError(
                    "feature_ids and feature_values are missing: the folder's tokenizer makes them"
                )
            parts.append(self.linear(*features))
        return parts[0] if self.blend is None else self.blend(parts)


class WeitiaoForSequenceClassification(PreTrainedModel):
    """An encoder of `transformers` with its scorer."""

    config_class = WeitiaoConfig
    supports_gradient_checkpointing = True
    _supports_sdpa = True

    def __init__(self, config: WeitiaoConfig) -> None:
        super().__init__(config)
        values = dict(config.encoder)
        encoder = AutoModel.from_config(AutoConfig.for_model(values.pop("model_type"), **values))
        if encoder.config.is_encoder_decoder:
            encoder = encoder.get_encoder()
        if getattr(encoder, "pooler", None) is not None:
            encoder.pooler = None
        self.encoder = encoder
        self.scorer = Scorer(encoder.config.hidden_size, config.scorer)
        self.post_init()

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        feature_ids: Tensor | None = None,
        feature_values: Tensor | None = None,
        labels: Tensor | None = None,
        **more: Any,
    ) -> SequenceClassifierOutput:
        """Logits of which `pipeline` makes probabilities; with ``labels`` the loss as well."""
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        read: dict[str, Tensor] = {"input_ids": input_ids, "attention_mask": mask.long()}
        if getattr(self.encoder.config, "type_vocab_size", 0) > 1 and token_type_ids is not None:
            read["token_type_ids"] = token_type_ids
        vectors = self.encoder(**read).last_hidden_state
        features = None if feature_ids is None else (feature_ids, feature_values)
        logits = self._meaning(self.scorer(vectors, input_ids, mask.bool(), features))
        return SequenceClassifierOutput(loss=self._loss(logits, labels), logits=logits)

    def _meaning(self, logits: Tensor) -> Tensor:
        output = self.config.output
        if output["kind"] == "steps":  # log-probabilities of the classes between them
            beyond = F.logsigmoid(logits).cumsum(-1).exp()
            shares = F.pad(beyond, (1, 0), value=1.0) - F.pad(beyond, (0, 1))
            return shares.clamp(min=torch.finfo(shares.dtype).tiny).log()
        return logits * output.get("scale", 1.0) + output.get("mean", 0.0)

    def _loss(self, logits: Tensor, labels: Tensor | None) -> Tensor | None:
        if labels is None:
            return None
        match self.config.output["kind"]:
            case "labels":
                return F.binary_cross_entropy_with_logits(logits, labels.to(logits.dtype))
            case "number":
                return F.mse_loss(logits.squeeze(-1), labels.to(logits.dtype))
        return F.cross_entropy(logits, labels)
