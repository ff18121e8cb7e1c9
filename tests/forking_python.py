"""A `python` that starts at once: `python -m pipeline` and `-m dvc` are forked from a server that has the slow imports.

The libraries only: the project is imported by every process anew, from its own folder.
"""

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

SLOW = [
    "dvc.cli.parser",
    "dvc.commands.experiments.run",
    "dvc.render.match",
    "dvc.repo.experiments",
    "dvc.repo.experiments.executor.local",
    "dvc.repo.experiments.queue.tempdir",
    "dvc.repo.experiments.show",
    "dvc.repo.metrics.diff",
    "dvc.repo.params.diff",
    "dvc.repo.reproduce",
    "dvc.repo.status",
    "dvc_data.index.checkout",
    "dvc_objects.fs",
    "h5py",
    "jinja2",
    "joblib",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
    "pandas",
    "pydantic",
    "safetensors.torch",
    "scipy.stats",
    "torch",
    "torch._dynamo",
    "torchcrf",
    "typer",
    "ufal.udpipe",
]
CLIENT = """#!{python} -IS
import json, os, socket, sys
if sys.argv[1:3] not in (["-m", "pipeline"], ["-m", "dvc"]):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
job = json.dumps([os.getcwd(), dict(os.environ), sys.argv[2:]]).encode()
socket.send_fds(server, [len(job).to_bytes(8, "big")], [0, 1, 2])
server.sendall(job)
code = server.recv(1)
sys.exit(code[0] if code else 1)
"""


@contextmanager
def forking_python(folder: Path) -> Iterator[Path]:
    """Start the server; a folder for the PATH, in which `python` is its client."""
    address = folder / "socket"
    client = folder / "bin" / "python"
    client.parent.mkdir()
    client.write_text(CLIENT.format(python=sys.executable, address=str(address)))
    client.chmod(0o755)
    server = subprocess.Popen([sys.executable, __file__, str(address)])
    while not address.exists():
        assert server.poll() is None
        time.sleep(0.05)
    try:
        yield client.parent
    finally:
        server.kill()
        server.wait()


def serve(address: str) -> None:
    """Fork a child for every client, for ever."""
    for name in SLOW:
        import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{address}.new")
        server.listen()
        os.rename(f"{address}.new", address)
        while True:
            client, _ = server.accept()
            if not os.fork():
                server.close()
                run(client)
            client.close()


def run(client: socket.socket) -> None:
    """Be the process that the client stands for, and tell it the exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, descriptors, _, _ = socket.recv_fds(client, 8, 3)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    with client.makefile("rb") as file:
        folder, environment, arguments = json.loads(file.read(int.from_bytes(head, "big")))
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = folder
    module, *sys.argv[1:] = arguments
    code = 1
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        client.sendall(bytes([code]))
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
