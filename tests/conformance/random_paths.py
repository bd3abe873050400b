"""Random certificate graphs against an oracle that tries every path (random_graphs.py makes both, in a Python of its own).

The seeds are fixed, so that a run can be repeated: `random_graphs.py --seed N --graphs 1` makes graph N again."""
import json
import pathlib
import subprocess

import download
import driver

MAKER = pathlib.Path(__file__).resolve().parent / 'random_graphs.py'
FIRST_SEED, QUICK_GRAPHS, FULL_GRAPHS = 1, 300, 3000
TIMEOUT = 600


def cases(full=False, seed=FIRST_SEED):
    python = download.python_with('random')
    count = FULL_GRAPHS if full else QUICK_GRAPHS
    done = subprocess.run([str(python), '-B', str(MAKER), '--seed', str(seed), '--graphs', str(count)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, timeout=TIMEOUT, check=True)
    for line in done.stdout.splitlines():
        made = json.loads(line)
        yield driver.Case(made['id'], made['want'], made['request'])
