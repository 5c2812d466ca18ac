"""The processes of one run: which one this is, and what they exchange.

A process that is alone is the first and all of them.
"""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from weitiao.errors import ConfigError

RANKS = ("RANK", "SLURM_PROCID", "NODE_RANK", "LOCAL_RANK")
"""Variables in which launchers number processes; only the first process has 0 in all of them."""


def first() -> bool:
    """Whether this process writes the files and talks to people; known before they are joined."""
    return all(int(os.environ.get(name) or 0) == 0 for name in RANKS)


def launched(environment: Mapping[str, str] = os.environ) -> int | None:
    """How many processes a launcher has started for this run; null = none has.

    A shell on a node has SLURM's variables too; there, the job's name is that of the shell.

    Raises:
        ConfigError: SLURM is to run several, and nobody has started them.
    """
    shell = environment.get("SLURM_JOB_NAME") in ("bash", "interactive")
    tasks = None if shell else environment.get("SLURM_NTASKS")
    if tasks and int(tasks) > 1 and "SLURM_STEP_ID" not in environment:
        raise ConfigError(
            f"the job has {tasks} tasks, but srun did not start them\n  → srun python …"
        )
    count = tasks or environment.get("WORLD_SIZE")  # torchrun's, and what Lightning itself starts
    return int(count) if count else None


def refuse_other_processes(devices: int | str | list[int], nodes: int) -> None:
    """Stop before processes wait for others that nobody has started, or know nothing of them.

    Args:
        devices: of a node, as the Trainer takes them.
        nodes: number of machines.

    Raises:
        ConfigError: a launcher has started another number of processes.
    """
    started, each = launched(), device_count(devices)
    if started is not None and each is not None and started != each * nodes:
        raise ConfigError(
            f"the launcher (srun, torchrun) started {started} processes, but devices = {devices} on"
            f" num_nodes = {nodes} makes {each * nodes}",
            hint="a process for each device: srun --nodes N --ntasks-per-node D with num_nodes N"
            " and devices D",
        )


def device_count(devices: int | str | list[int]) -> int | None:
    """How many devices are meant, if it doesn't depend on the machine (``auto``, -1)."""
    if isinstance(devices, list):
        return len(devices)
    if isinstance(devices, str) and "," in devices:
        return len([name for name in devices.split(",") if name.strip()])
    if isinstance(devices, str) and not devices.strip().isdigit():
        return None
    return int(devices) if int(devices) > 0 else None


def number() -> int:
    """The number of this process among the joined ones."""
    import torch.distributed as dist

    return dist.get_rank() if several() else 0


def several() -> bool:
    """Whether this process is joined with others."""
    import torch.distributed as dist

    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def of_all(value: Any) -> list[Any]:
    """The value of each process, in their order. All of them must ask."""
    import torch.distributed as dist

    if not several():
        return [value]
    found: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(found, value, group=_beside_the_device())
    return found


def to_first(value: Any) -> list[Any] | None:
    """The value of each process, in their order, in the first one; null in the others.

    All of them must ask.
    """
    import torch.distributed as dist

    if not several():
        return [value]
    found: list[Any] | None = [None] * dist.get_world_size() if number() == 0 else None
    dist.gather_object(value, found, group=_beside_the_device())
    return found


def highest(value: int) -> int:
    """The highest of the processes' numbers. All of them must ask."""
    import torch
    import torch.distributed as dist

    if not several():
        return value
    found = torch.tensor(value)
    dist.all_reduce(found, dist.ReduceOp.MAX, group=_beside_the_device())
    return int(found)


@cache
def _beside_the_device() -> Any:
    """A group that talks over the network, so that no process waits for its GPU to answer."""
    import torch.distributed as dist

    return None if dist.get_backend() == "gloo" else dist.new_group(backend="gloo")
