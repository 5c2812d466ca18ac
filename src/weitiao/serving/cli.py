"""The verb ``serve``: models that answer over HTTP."""

from __future__ import annotations

import asyncio
import ipaddress
import resource
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console

from weitiao.config import own_code
from weitiao.config.bounds import at_least
from weitiao.config.commands import called
from weitiao.config.field_paths import field_paths
from weitiao.config.own_code import permitted
from weitiao.config.parser import Parser
from weitiao.data.batch import Batching
from weitiao.errors import ConfigError, MissingExtra
from weitiao.evaluation.arithmetic import keep_few_primitives
from weitiao.evaluation.predictor import Predictor, load
from weitiao.generation.talks import Talker
from weitiao.serving.limits import Limits
from weitiao.serving.models import Models, named_runs
from weitiao.training.console import show_line

if TYPE_CHECKING:
    from weitiao.serving.access import Gate

PACKAGES = ("starlette", "uvicorn", "prometheus_client")
BATCH = Batching(tokens=512)
"""In which a model computes what waited. Training had larger ones; of few texts, whose lengths
differ, most of such a batch is padding: 64 reviews took a TextCNN 1.7 times as long, and in batches
of twice as many ids a Transformer 1.08 times."""
BACKLOG = 2048  # connections that wait to be taken
GRACE = 2  # seconds that refusals have to be sent in the end
SWITCH = 0.0005  # seconds that a thread may keep the interpreter while another wants it


@dataclass(frozen=True)
class Server:
    """Where and how the server answers.

    Args:
        host: address that it listens on; by default, this machine alone can reach it.
        port: its port; 0 = any that is free.
        token_file: file of a token that clients must send; null = WEITIAO_TOKEN of the environment,
            if it is set.
        device: where it computes, as torch names it; null = a GPU if there is one.
        trust_remote_code: run Python code that came with a model's backbone, if it asks.
        reload_every: seconds between looks for a newer checkpoint of a run; null = never.
        end_within: seconds that requests have to be answered, once the server is told to end.

    Raises:
        ConfigError: a value is out of bounds.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token_file: Path | None = None
    device: str | None = None
    trust_remote_code: bool = False
    reload_every: float | None = 2.0
    end_within: int = 30

    def __post_init__(self) -> None:
        at_least(0, port=self.port)
        at_least(0.1, reload_every=self.reload_every)
        at_least(1, end_within=self.end_within)
        if self.port > 65535:
            raise ConfigError(f"is from 0 to 65535, got {self.port}", field="port")

    def socket(self) -> socket.socket:
        """A socket that has the address, before anything slow begins.

        Raises:
            ConfigError: the address is taken, or none of this machine.
        """
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
            family, kind, protocol, _, address = found[0]
            # with the protocol: asyncio looks at it before it lets small answers go at once
            bound = socket.socket(family, kind, protocol)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except OSError as error:
            problem = f": {self.host} port {self.port} can't be had: {error.strerror or error}"
            hint = "{--port} 0 takes any free one"
            raise ConfigError(problem, field="host", hint=hint) from error
        return bound


def serve_parser() -> Parser:
    """The parser of the verb."""
    parser = Parser(prog=called("serve"))
    parser.add_argument(
        "runs",
        nargs="*",
        type=str,
        help="Run to serve, or checkpoint; several as NAME=RUN, which requests name as model.",
    )
    parser.add_class_arguments(Server, as_group=False)
    parser.add_class_arguments(Limits, "limits")
    own_code.add_option(parser)
    return parser


@field_paths()
@permitted
def run_serve(arguments: list[str]) -> None:
    """Answer until told to end; then answer what was taken.

    Raises:
        ConfigError: options don't go together, a model can't be read, the address is taken.
        MissingExtra: what a server needs is not installed.
    """
    parser = serve_parser()
    values = parser.instantiate(parser.parse_args(arguments))
    if missing := next((name for name in PACKAGES if find_spec(name) is None), None):
        raise MissingExtra(missing, "serve", "a server")
    from weitiao.serving.access import read_token
    from weitiao.serving.app import make_app

    keep_few_primitives()
    server = Server(**{name: values[name] for name in Server.__dataclass_fields__})
    runs, token = named_runs(values.runs), read_token(server.token_file)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with server.socket() as bound:

        def read(run: Path) -> Predictor | Talker:
            trust = server.trust_remote_code
            model = load(run, device=server.device, trust_remote_code=trust)
            _refuse_files(model, run)
            model.rows.batch = BATCH
            return Talker(model, values.limits.answer) if model.chat else model

        models = Models(runs, read, lambda line: show_line(line, console))
        if values.limits.answer is not None and not any(m.model.chat for m in models.values()):
            raise ConfigError("has no effect: no model here chats", field="answer")
        if server.reload_every is not None:
            models.watch(server.reload_every)
        address, port = bound.getsockname()[:2]
        local = ipaddress.ip_address(address.partition("%")[0]).is_loopback
        if not local and token is None:
            show_line(
                "! whoever reaches this machine may ask → {--token_file} FILE, and a proxy that"
                " encrypts",
                console,
            )
        bound.listen(BACKLOG)  # who reads the next line may ask
        shown = f"[{address}]" if ":" in address else address
        show_line(f"{', '.join(models)}: http://{shown}:{port} (Ctrl-C ends)", console)
        _answer(make_app(models, values.limits, token, local=local), bound, server.end_within)
    show_line("ended", console)


def _refuse_files(model: Predictor, run: Path) -> None:
    """Refuse a model whose rows name files: whoever asks would have them opened here.

    Raises:
        ConfigError: it is one.
    """
    if model.rows.reader.opener is not None:
        problem = f": {run} reads files by their names, of this machine"
        raise ConfigError(problem, field="runs", hint="weitiao predict, or weitiao.load(run)")


def _answer(app: Gate, bound: socket.socket, end_within: int) -> None:
    """Run a server on a socket until SIGTERM or Ctrl-C."""
    import uvicorn

    class Ended(uvicorn.Server):
        """Ends in good order, where uvicorn would raise the signal again after that."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            self.force_exit = self.should_exit and sig == 2
            self.should_exit = app.ending = True

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            """As uvicorn's, which tears what isn't answered in time: it is refused before."""
            timer = asyncio.get_running_loop().call_later(end_within, app.end)
            await super().shutdown(sockets)
            timer.cancel()

    with suppress(OSError, ValueError):  # a sandbox may forbid it
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # a client is a file
    # the model's thread asks for the interpreter after each operation; Python would keep it waiting
    # for 5 ms wherever another thread reads a request
    sys.setswitchinterval(SWITCH)
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        log_level="error",  # not each line of nonsense that somebody sends
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=end_within + GRACE,
        backlog=BACKLOG,
    )
    Ended(config).run([bound])
