"""moto's server, for the programs beside this file: installs it, starts one, ends it."""

import contextlib
import pathlib
import signal
import subprocess
import time
import urllib.request

from local_server import fail
from packages import TARGET, VENV, pip

PACKAGES = ["moto[awslambda,cognitoidp,kms,ses,sns]==5.2.5", "flask==3.1.3", "flask-cors==6.0.5"]
PREPARED = pathlib.Path(__file__).with_name("moto_prepared.py")
START_TIMEOUT = 180  # seconds; the first start makes keys


def install():
    """Puts moto and what it serves by into target/."""
    pip(*PACKAGES)


@contextlib.contextmanager
def running(address):
    """moto's server at this address; gives what ends it."""
    signal.signal(signal.SIGTERM, lambda *_: fail("stopped"))  # so that the server ends too
    host, port = address.split(":")
    with open(TARGET / "ci-moto.log", "w") as log:
        process = subprocess.Popen(
            [VENV / "bin" / "python", PREPARED, TARGET / "ci-moto-keys", "-H", host, "-p", port],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )

    def end():
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    try:
        wait_until_it_answers(process, address)
        yield end
    finally:
        end()


def wait_until_it_answers(process, address):
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            fail(f"moto's server ended with status {process.returncode}: see target/ci-moto.log")
        if answers(address):
            return
        time.sleep(0.1)
    fail(f"no answer from moto's server within {START_TIMEOUT} s: see target/ci-moto.log")


def answers(address):
    try:
        with urllib.request.urlopen(f"http://{address}/moto-api/data.json", timeout=5):
            return True
    except OSError:
        return False
