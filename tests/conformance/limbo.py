"""The public cases of ../shared/suites/x509 (x509-limbo's format), with the runner and the list of inapplicable rule groups
that lie beside them. Not part of this repository: skipped where they are absent."""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import driver

SHARED = pathlib.Path(__file__).resolve().parents[2].parent / 'shared'
SEPARATE = {'agree': driver.AGREE, 'false_accept': driver.FALSE_ACCEPT, 'false_reject': driver.FALSE_REJECT,
            'noanswer': driver.NO_ANSWER}


def run(command, shared=SHARED, corpus=None):
    """corpus: another file of the same format, run under the same rules."""
    folder = pathlib.Path(shared) / 'suites' / 'x509'
    runner, inapplicable, corpus = folder / 'run.py', folder / 'inapplicable.tsv', corpus or folder / 'cases.json.xz'
    if not runner.exists():
        return driver.Suite('limbo', skipped='the public cases (shared/suites/x509 beside the repository) are not here')
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        rows = pathlib.Path(scratch) / 'rows.json'
        done = subprocess.run([sys.executable, '-B', runner, '--inapplicable', inapplicable, '--json', rows, corpus, '--', *command],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=driver.TIMEOUT)
        if not rows.exists():
            return driver.Suite('limbo', broken=f'the runner ended with {done.returncode}: {done.stdout[-300:]}')
        outcomes = [driver.Outcome(row['id'], row['want'], SEPARATE[row['verdict']], row['reason'], row['inapplicable'] or '')
                    for row in json.loads(rows.read_text())]
    broken = '' if ' rc=0 ' in done.stdout else done.stdout.splitlines()[0]
    return driver.Suite('limbo', outcomes, time.monotonic() - began, broken=broken)
