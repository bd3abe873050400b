"""What the tests said: one Result a test, read from the outputs of cmocka, TAP and exit codes; kept for `make rows`."""
import collections
import dataclasses
import json
import re

Done = collections.namedtuple('Done', 'status output seconds')  # one program that ran

# A row's id in a test's name stands alone or between underscores: refuses_foreign_host_S6, "S6 foreign host".
ROW_ID = re.compile(r'(?<![A-Za-z0-9])([SE]\d{1,2})(?![A-Za-z0-9])')


@dataclasses.dataclass
class Result:
    name: str          # suite/program/test
    state: str         # pass, fail or skip
    why: str = ''      # of a failure or a skip
    seconds: float = 0.0

    @property
    def suite(self):
        return self.name.partition('/')[0]


def exit_status(name, status, output, seconds):
    """A program whose exit status is all it says; 77 means skipped, with the reason on its last line."""
    last = (output.strip().splitlines() or [''])[-1]
    if status == 77:
        return [Result(name, 'skip', last, seconds)]
    return [Result(name, 'pass' if status == 0 else 'fail', '' if status == 0 else f'exit status {status}', seconds)]


CMOCKA = re.compile(r'^\[\s*(RUN|OK|FAILED|SKIPPED|ERROR)\s*\]\s+(\w+)\s*$', re.M)
CMOCKA_STATE = {'OK': 'pass', 'FAILED': 'fail', 'ERROR': 'fail', 'SKIPPED': 'skip'}


def cmocka(name, status, output, seconds):
    """The tests of one cmocka program; one that began and never ended is the one that crashed."""
    states = {}
    for word, test in CMOCKA.findall(output):
        states[test] = CMOCKA_STATE.get(word, states.get(test, 'began'))
    if not states:
        return exit_status(name, status, output, seconds)
    found = [Result(f'{name}/{test}', 'fail' if state == 'began' else state, 'began and never ended' if state == 'began' else '')
             for test, state in states.items()]
    if status != 0 and all(r.state != 'fail' for r in found):
        found.append(Result(name, 'fail', f'exit status {status} although each test passed'))
    found[0].seconds = seconds
    return found


TAP = re.compile(r'^(not )?ok\b\s*\d*\s*(?:-\s*)?(.*?)\s*(?:# *SKIP\b[: ]*(.*))?$', re.M | re.I)
PLAN = re.compile(r'^1\.\.(\d+)', re.M)


def tap(name, status, output, seconds):
    """A program that prints TAP; its plan (1..N) is held against what came."""
    found = []
    for bad, test, skip in TAP.findall(output):
        state = 'fail' if bad else 'skip' if skip else 'pass'
        found.append(Result(f'{name}/{test}', state, skip))
    if not found:
        return exit_status(name, status, output, seconds)
    plan = PLAN.search(output)
    if plan and int(plan[1]) != len(found):
        found.append(Result(name, 'fail', f'announced {plan[1]} tests, ran {len(found)}'))
    if status != 0 and all(r.state != 'fail' for r in found):
        found.append(Result(name, 'fail', f'exit status {status} although each test passed'))
    found[0].seconds = seconds
    return found


def save(path, stages):
    """Writes stage -> its results; stages that did not run now keep what they said last."""
    known = json.loads(path.read_text()) if path.exists() else {}
    known.update({stage: [dataclasses.asdict(r) for r in found] for stage, found in stages.items()})
    path.write_text(json.dumps(known, indent=0))


def ran(path):
    """The stages that have results."""
    return set(json.loads(path.read_text())) if path.exists() else set()


def load(path):
    known = json.loads(path.read_text()) if path.exists() else {}
    return [Result(**row) for rows in known.values() for row in rows]
