"""Test data and libraries from PyPI, pinned by hash in requirements.txt, kept in .cache/conformance.

On CI a failed download is a failure; elsewhere the suite is skipped and says why."""
import os
import pathlib
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
CACHE = HERE.parent.parent / '.cache' / 'conformance'
TIMEOUT = 600


class Missing(Exception):
    """What could not be had."""


def pip(*arguments, python=sys.executable):
    command = [str(python), '-m', 'pip', '--disable-pip-version-check', '-q', *arguments]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise Missing(f'pip: {failure}') from failure
    if done.returncode:
        raise Missing(f'pip: {(done.stdout.strip().splitlines() or ["no reason given"])[-1]}')


def requirements(name):
    return HERE / f'requirements-{name}.txt'


def wheel(name):
    """The wheel of the one package in requirements-NAME.txt."""
    stem = next(line for line in requirements(name).read_text().splitlines() if '==' in line).split()[0]
    pattern = stem.replace('==', '-').replace('-', '_', stem.split('==')[0].count('-')) + '-*.whl'
    found = sorted(CACHE.glob(pattern))
    if not found:
        CACHE.mkdir(parents=True, exist_ok=True)
        pip('download', '--no-deps', '--only-binary=:all:', '--require-hashes', '-r', str(requirements(name)), '-d', str(CACHE))
        found = sorted(CACHE.glob(pattern))
    if not found:
        raise Missing(f'no {pattern} after the download')
    return found[0]


def python_with(name):
    """A Python that has the packages of requirements-NAME.txt: an environment of its own in the cache."""
    wanted = requirements(name).read_text()
    folder = CACHE / f'python-{name}'
    stamp, python = folder / 'installed', folder / 'bin' / 'python3'
    if not (stamp.exists() and stamp.read_text() == wanted and python.exists()):
        try:
            venv.create(folder, clear=True, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as failure:
            raise Missing(f'venv: {failure}') from failure
        pip('install', '--only-binary=:all:', '--require-hashes', '-r', str(requirements(name)), python=python)
        stamp.write_text(wanted)
    return python


def on_ci():
    return os.environ.get('CI') == 'true'
