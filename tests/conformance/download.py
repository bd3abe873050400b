"""Test data and libraries from PyPI, pinned by hash in requirements-*.txt, kept in .cache/conformance.

On CI a failed download is a failure; elsewhere the suite is skipped and says why."""
import hashlib
import os
import pathlib
import re
import subprocess
import venv

HERE = pathlib.Path(__file__).resolve().parent
CACHE = HERE.parent.parent / '.cache' / 'conformance'
TIMEOUT = 600


class Missing(Exception):
    """What could not be had."""


def environment(folder):
    """The Python of a virtual environment there, made anew."""
    try:
        venv.create(folder, clear=True, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as failure:
        raise Missing(f'missing: python3-venv ({failure})') from failure
    return folder / 'bin' / 'python3'


def pip(python, *arguments):
    command = [str(python), '-m', 'pip', '--disable-pip-version-check', '-q', *arguments]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise Missing(f'pip: {failure}') from failure
    if done.returncode:
        raise Missing(f'pip: {(done.stdout.strip().splitlines() or ["no reason given"])[-1]}')


def requirements(name, folder=HERE):
    return folder / f'requirements-{name}.txt'


def wheel(name):
    """The wheel of the one package in requirements-NAME.txt, as its hash says."""
    text = requirements(name).read_text()
    package, version = re.search(r'^(\S+)==(\S+)', text, re.M).groups()
    pattern = f'{package.replace("-", "_")}-{version}-*.whl'
    for found in CACHE.glob(pattern):
        if hashlib.sha256(found.read_bytes()).hexdigest() in text:
            return found
        found.unlink()
    CACHE.mkdir(parents=True, exist_ok=True)
    pip(environment(CACHE / 'python-download'), 'download', '--no-deps', '--only-binary=:all:', '--require-hashes',
        '-r', str(requirements(name)), '-d', str(CACHE))
    return next(CACHE.glob(pattern))


def python_with(name, where=HERE):
    """A Python that has the packages of requirements-NAME.txt in that folder: an environment of its own in the cache."""
    wanted = requirements(name, where).read_text()
    folder = CACHE / f'python-{name}'
    stamp, python = folder / 'installed', folder / 'bin' / 'python3'
    if not (stamp.exists() and stamp.read_text() == wanted and python.exists()):
        pip(environment(folder), 'install', '--only-binary=:all:', '--require-hashes', '-r', str(requirements(name, where)))
        stamp.write_text(wanted)
    return python


def on_ci():
    return os.environ.get('CI') == 'true'
