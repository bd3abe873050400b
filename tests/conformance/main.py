"""Holds `vouchsafe verify --batch` against suites that nobody here wrote, and against random certificate graphs.

usage: tests/conformance/run [options] [SUITE ...]
  --program PATH   the vouchsafe to ask (default: $BUILD/src/cli/vouchsafe, BUILD=build)
  --peer COMMAND   ask this program instead; it reads and answers as `vouchsafe verify --batch` does
  --full           more of it: every PKITS request with all of NIST's certificates and CRLs too, ten times the random graphs
  --tap            one TAP line a case (the default when the output is not a terminal)
  --shared DIR     where the public cases lie (default: ../shared)
  --limbo FILE     another file in x509-limbo's format instead of them
  --seed N         the first random graph (default: 1, so that a run can be repeated)
  --list           name the suites and stop"""
import argparse
import os
import pathlib
import shlex
import sys

import download
import driver
import limbo
import pkits
import random_paths

ROOT = pathlib.Path(__file__).resolve().parents[2]


def from_cases(name, make):
    def run(command):
        return driver.run(name, command, list(make()))
    return run


def suites(args):
    """Name -> function from the command to a Suite."""
    found = {'limbo': lambda command: limbo.run(command, args.shared, args.limbo),
             'pkits': from_cases('pkits', pkits.cases),
             'random': from_cases('random', lambda: random_paths.cases(args.full, args.seed))}
    if args.full:
        found['pkits-everything'] = from_cases('pkits-everything', lambda: pkits.cases(everything=True))
    return found


def run(name, suite, command):
    try:
        return suite(command)
    except download.Missing as missing:
        reason = str(missing)
        return driver.Suite(name, broken=reason) if download.on_ci() else driver.Suite(name, skipped=reason)


class Tap:
    def __init__(self):
        self.count = 0

    def line(self, ok, name, note=''):
        self.count += 1
        print(f'{"ok" if ok else "not ok"} {self.count} - {name}{note}')

    def suite(self, suite):
        if suite.skipped:
            self.line(True, suite.name, f' # SKIP {suite.skipped}')
        if suite.broken:
            self.line(False, suite.name)
            print(f'# {suite.broken}')
        for o in suite.outcomes:
            good = o.verdict == driver.AGREE
            self.line(good or o.left_out, f'{suite.name}/{o.id}', f' # SKIP {o.left_out}' if o.left_out else '')
            if not good:
                print(f'# {o.verdict}: wanted {o.want}, {o.reason}')


def say(suite):
    """What a person reads of one suite."""
    if suite.skipped:
        print(f'# {suite.name}: skipped, {suite.skipped}')
        return
    counted, left_out = driver.tally(suite)
    print(f'# {suite.name}: ' + ', '.join(f'{counted[verdict]} {verdict}' for verdict in driver.VERDICTS)
          + f', {left_out} left out, {suite.seconds:.1f} s')
    if suite.broken:
        print(f'#   {suite.broken}')
    for o in suite.outcomes:
        if o.verdict != driver.AGREE:
            note = f'  (left out: {o.left_out})' if o.left_out else ''
            print(f'#   {o.verdict:12} {o.id}  [{o.reason}]{note}')


def totals(found):
    counted = [o for suite in found for o in suite.outcomes if not o.left_out]
    passed = sum(o.verdict == driver.AGREE for o in counted)
    failed = len(counted) - passed + sum(bool(suite.broken) for suite in found)
    skipped = sum(bool(o.left_out) for suite in found for o in suite.outcomes) + sum(bool(suite.skipped) for suite in found)
    return passed, failed, skipped


def main():
    parser = argparse.ArgumentParser(usage=__doc__, add_help=False)
    parser.add_argument('suites', nargs='*')
    parser.add_argument('--program', default=f'{os.environ.get("BUILD", ROOT / "build")}/src/cli/vouchsafe')
    parser.add_argument('--peer')
    parser.add_argument('--full', action='store_true')
    parser.add_argument('--tap', action='store_true', default=not sys.stdout.isatty())
    parser.add_argument('--shared', default=limbo.SHARED)
    parser.add_argument('--limbo')
    parser.add_argument('--seed', type=int, default=random_paths.FIRST_SEED)
    parser.add_argument('--list', action='store_true')
    args = parser.parse_args()
    known = suites(args)
    if args.list:
        print('\n'.join(known))
        return 0
    unknown = [name for name in args.suites if name not in known]
    if unknown:
        parser.error(f'no suite {" ".join(unknown)}; there are {" ".join(known)}')
    command = shlex.split(args.peer) if args.peer else [args.program, 'verify', '--batch']
    absent = '' if args.peer or os.access(args.program, os.X_OK) else f'missing: {args.program} is not built'
    found, tap = [], Tap()
    for name in args.suites or known:
        suite = driver.Suite(name, **{'broken' if download.on_ci() else 'skipped': absent}) if absent else run(
            name, known[name], command)
        found.append(suite)
        if args.tap:
            tap.suite(suite)
        say(suite)
        sys.stdout.flush()
    if args.tap:
        print(f'1..{tap.count}')
    passed, failed, skipped = totals(found)
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    return 1 if failed else 0


sys.exit(main())
