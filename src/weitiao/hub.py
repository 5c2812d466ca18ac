"""Whether a model's files are asked for on the network or only looked up on this machine."""

from __future__ import annotations

import os

from weitiao.errors import ConfigError


def only_local(name: str) -> bool:
    """Whether ``name`` is a folder, or a name whose files can only come from the local cache.

    One short request decides. Left alone, `transformers` repeats a request that gets no answer for
    some 20 seconds per file, and then reads the cache anyway.

    Args:
        name: name on the model hub, or folder.

    Raises:
        ConfigError: the hub answers that it has no such model, or ``name`` can't be one.
    """
    if os.path.isdir(name):
        return True
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    try:
        HfApi().model_info(name, timeout=5)
    except HFValidationError as error:
        raise ConfigError(f"{name!r} is neither a folder nor a name on the model hub") from error
    except RepositoryNotFoundError as error:
        raise ConfigError(f"{name!r} is no folder, and the model hub has no such model") from error
    except Exception:  # the client's errors differ by release; whatever they are, no answer came
        return True
    return False
