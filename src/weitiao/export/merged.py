"""A model without what only training needs."""

from weitiao.models.module import Module


def merge_adapters(module: Module) -> Module:
    """Add low-rank adapters to the weights that they belong to; gives the module back.

    It then computes the same, and its arguments name no adapters.
    """
    arguments = module.hparams["backbone"]["init_args"]
    if not arguments.get("lora"):
        return module
    from peft.tuners.tuners_utils import BaseTunerLayer

    parts = [*module.backbone.named_modules()]
    for name, part in parts:
        if isinstance(part, BaseTunerLayer):
            part.merge(safe_merge=True)  # refuses what isn't finite
            module.backbone.set_submodule(name, part.get_base_layer())
    arguments["lora"] = None
    return module
