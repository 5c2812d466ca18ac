"""Whether files of the hub are downloaded or only looked up on this machine."""

import os
from typing import Literal

from weitiao.errors import ConfigError


def only_local(name: str, field: str, kind: Literal["model", "dataset"] = "model") -> bool:
    """Whether ``name`` is a folder, or a name whose files can only come from the local cache.

    One short request decides. Left alone, `transformers` repeats a request that gets no answer for
    some 20 seconds per file, and then reads the cache anyway.

    Args:
        name: name on the hub, or folder.

    Raises:
        ConfigError: the hub answers that it has none of this name, or ``name`` can't be one.
    """
    if os.path.isdir(name):
        return True
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    try:
        HfApi().repo_info(name, repo_type=kind, timeout=5)
    except HFValidationError as error:
        raise ConfigError(
            f": {name!r} is neither a folder nor a name on the {kind} hub", field=field
        ) from error
    except RepositoryNotFoundError as error:
        raise ConfigError(
            f": {name!r} is no folder, and the {kind} hub has no such {kind}", field=field
        ) from error
    except Exception:  # the client's errors differ by release; whatever they are, no answer came
        return True
    return False


def searched(name: str, local: bool) -> str:
    """Where something that can't be loaded was looked for, as part of a message.

    Args:
        local: as `only_local` tells.
    """
    from huggingface_hub import constants

    if os.path.isdir(name):
        return "in that folder"
    if not local:
        return f"under that name at {constants.ENDPOINT}"
    away = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else "no answer"
    return (
        f"under that name: no folder here, not in the cache {constants.HF_HUB_CACHE},"
        f" and {away} from {constants.ENDPOINT} (bring it in by docs/models.md)"
    )
