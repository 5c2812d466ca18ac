"""What TensorBoard's HPARAMS tab shows of the runs below a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import (
    api_pb2,
    backend_context,
    get_experiment,
    list_session_groups,
)


def hparams_tab(folder: Path, *names: str) -> list[Any]:
    """A row for each run, with all its metrics and the hyper-parameters of these names."""
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(folder)).Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(folder))
    context = backend_context.Context(base_plugin.TBContext(data_provider=provider))
    asked = RequestContext()
    request = api_pb2.GetExperimentRequest(include_metrics=True)
    metrics = get_experiment.Handler(asked, context, "", request).run().metric_infos
    request = api_pb2.ListSessionGroupsRequest(
        slice_size=100,
        allowed_statuses=[api_pb2.STATUS_SUCCESS, api_pb2.STATUS_RUNNING, api_pb2.STATUS_UNKNOWN],
        col_params=[
            *(api_pb2.ColParams(metric=x.name, include_in_result=True) for x in metrics),
            *(api_pb2.ColParams(hparam=name, include_in_result=True) for name in names),
        ],
        include_metrics=True,
    )
    return list(list_session_groups.Handler(asked, context, "", request).run().session_groups)
