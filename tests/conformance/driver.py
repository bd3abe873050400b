"""Asks a program that speaks the protocol of `vouchsafe verify --batch` about many cases and judges its answers."""
import base64
import collections
import dataclasses
import json
import subprocess
import time

AGREE, FALSE_ACCEPT, FALSE_REJECT, NO_ANSWER = 'agree', 'false accept', 'false reject', 'no answer'
VERDICTS = (AGREE, FALSE_ACCEPT, FALSE_REJECT, NO_ANSWER)
TIMEOUT = 600  # seconds for one suite


@dataclasses.dataclass
class Case:
    id: str
    want: str           # 'ok' or 'fail'
    request: dict       # without its id
    left_out: str = ''  # why the answer does not count
    rule: str = ''      # the rule code that a refusal has to give; '' = any


@dataclasses.dataclass
class Outcome:
    id: str
    want: str
    verdict: str
    reason: str
    left_out: str


@dataclasses.dataclass
class Suite:
    name: str
    outcomes: list = dataclasses.field(default_factory=list)
    seconds: float = 0.0
    skipped: str = ''   # why it did not run
    broken: str = ''    # why it could not run although it must


def pem(label, der):
    text = base64.b64encode(der).decode()
    lines = '\n'.join(text[at:at + 64] for at in range(0, len(text), 64))
    return f'-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n'


def certificate_pem(der):
    return pem('CERTIFICATE', der)


def crl_pem(der):
    return pem('X509 CRL', der)


def ask(command, requests):
    """Sends [(id, request)] and returns ({id: (result, reason)}, what went wrong or '')."""
    lines = ''.join(json.dumps({'id': id, **request}) + '\n' for id, request in requests)
    try:
        done = subprocess.run(command, input=lines.encode(), stdout=subprocess.PIPE, timeout=TIMEOUT)
        output, wrong = done.stdout, f'exit status {done.returncode}' if done.returncode else ''
    except subprocess.TimeoutExpired as late:
        output, wrong = late.stdout or b'', f'no end after {TIMEOUT} s'
    except OSError as failure:
        output, wrong = b'', str(failure)
    answers = {}
    for line in output.splitlines():
        try:
            answer = json.loads(line)
            answers[answer['id']] = (answer['result'], answer.get('reason', ''))
        except (ValueError, KeyError, TypeError):
            wrong = wrong or f'not an answer: {line[:80]!r}'
    return answers, wrong


def judge(want, got, reason='', rule=''):
    if got not in ('ok', 'fail'):
        return NO_ANSWER
    if got != want:
        return FALSE_ACCEPT if got == 'ok' else FALSE_REJECT
    if got == 'fail' and rule and not reason.startswith(rule):
        return NO_ANSWER  # refused, but for something else: the case was not answered
    return AGREE


def run(name, command, cases):
    began = time.monotonic()
    answers, wrong = ask(command, [(case.id, case.request) for case in cases])
    suite = Suite(name, seconds=time.monotonic() - began, broken=wrong)
    for case in cases:
        got, reason = answers.get(case.id, (None, 'no answer'))
        suite.outcomes.append(Outcome(case.id, case.want, judge(case.want, got, reason, case.rule), reason, case.left_out))
    return suite


def tally(suite):
    """How the counted outcomes stand, and how many were left out."""
    counted = collections.Counter(o.verdict for o in suite.outcomes if not o.left_out)
    return counted, sum(1 for o in suite.outcomes if o.left_out)


def failed(suite):
    return bool(suite.broken) or any(o.verdict != AGREE and not o.left_out for o in suite.outcomes)


def load_left_out(path):
    """`id or glob<TAB>class<TAB>reason` lines: [(glob, class, reason)]."""
    rows = [line.split('\t', 2) for line in path.read_text().splitlines() if line and not line.startswith('#')]
    return [(glob, kind, reason) for glob, kind, reason in rows]
