"""The local server, for the programs beside this file: builds it, starts one that keeps nothing, ends it."""

import contextlib
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
START_TIMEOUT = 60  # seconds, after the build


def fail(message):
    sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {message}")


def free_address(*wanted):
    """127.0.0.1 with the first of these ports that no other program holds, else with any."""
    for port in (*wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return f"127.0.0.1:{probe.getsockname()[1]}"
    fail("no free port on 127.0.0.1")


@contextlib.contextmanager
def running(address, **settings):
    """Builds the server, has it answer at this address with these settings and gives its environment."""
    signal.signal(signal.SIGTERM, lambda *_: fail("stopped"))  # so that the server ends too
    subprocess.run(["cargo", "build", "--locked"], cwd=ROOT, check=True)
    # A server that keeps nothing has no file with the password.
    environment = os.environ | {"PORT": address.split(":")[1], "ADMIN_PASSWORD": secrets.token_urlsafe(16)} | settings
    server = subprocess.Popen(
        ["cargo", "run", "--quiet", "--locked", "--", "--ephemeral"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
    )
    try:
        wait_until_it_answers(server, address)
        yield environment
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_until_it_answers(server, address):
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if server.poll() is not None:
            fail(f"the server ended with status {server.returncode} before it answered")
        try:
            with urllib.request.urlopen(f"http://{address}/user-service/v1/users/health", timeout=5):
                return
        except urllib.error.HTTPError as error:
            fail(f"the health route answers {error.code}")
        except OSError:
            time.sleep(0.1)
    fail(f"no answer from {address} within {START_TIMEOUT} s")
