"""The tests of the whole platform as a program, for what runs some of them in ways of its own."""

import json
import re
import subprocess

from local_server import ROOT, fail

SUMMARY = re.compile(r"^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed;", re.MULTILINE)
FAILED = re.compile(r"^test (\S+) \.\.\. FAILED$", re.MULTILINE)


def program():
    """The program, built."""
    command = ["cargo", "test", "--workspace", "--test", "platform", "--locked", "--no-run", "--message-format", "json"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        fail("the tests do not build")
    made = [json.loads(line) for line in built.stdout.splitlines()]
    return next(each["executable"] for each in made if each.get("target", {}).get("name") == "platform" and each.get("executable"))


def names(tests, *arguments):
    """Those tests of the program that these arguments leave, in its order, but for the ignored ones."""

    def listed(*more):
        command = [tests, "--list", "--format", "terse", *arguments, *more]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        return [line.removesuffix(": test") for line in told.splitlines() if line.endswith(": test")]

    ignored = set(listed("--ignored"))
    return [name for name in listed() if name not in ignored]


def run(tests, chosen, environment=None, timeout=None):
    """Runs these and no others: what the program told, and the names of those that failed."""
    command = [tests, "--exact", *chosen]
    done = subprocess.run(command, cwd=ROOT / "tests", env=environment, capture_output=True, text=True, timeout=timeout)
    summary = SUMMARY.search(done.stdout)
    if not summary or sum(map(int, summary.groups())) != len(chosen):
        fail(f"the tests did not end:\n{done.stdout}{done.stderr}")
    return done.stdout, FAILED.findall(done.stdout)
