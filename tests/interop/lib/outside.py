"""Other people's programs for the tests of this folder: Go modules, built through the module proxy and kept in the build
directory. What can't be had skips a test with the reason; on CI that is a failure."""
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get('BUILD', HERE.parents[1] / 'build')).resolve()  # go builds elsewhere
PATIENCE = 900  # seconds for the modules and their compilation, cold


def without(test, reason):
    """Ends this program: its one test is skipped."""
    failed = os.environ.get('CI') == 'true'
    print(f'1..1\nnot ok 1 - {test}\n# missing: {reason}' if failed else f'1..1\nok 1 - {test} # SKIP missing: {reason}')
    sys.exit(failed)


def go_program(name):
    """The program of the Go module in this folder's directory of that name; built once for each version of its sources."""
    go = shutil.which('go')
    if not go:
        without(name, 'Go')
    program = BUILD / 'interop' / name
    program.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([go, 'build', '-mod=readonly', '-o', str(program), '.'], cwd=HERE / name, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
    if done.returncode:
        without(name, f'govmomi: {done.stdout.strip().splitlines()[-1][:200]}')
    return program
