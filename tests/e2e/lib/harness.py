"""Small harness of the end-to-end tests: each function decorated with @test is one TAP line; a failure shows why.

A program under test runs as its user would run it: with pipes, or in a pseudo-terminal. Nothing here waits for time to
pass; every wait is for an event, with DEADLINE as the end of patience."""
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

DEADLINE = 60  # seconds until a program that should have ended or said something is called stuck
ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get('BUILD') or ROOT / 'build')
VOUCHSAFE = BUILD / 'src/cli/vouchsafe'

tests = []


def test(function):
    tests.append(function)
    return function


class Done:
    """What a program left behind."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f'exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}'


def environment(extra=None):
    """The environment of a plain terminal user: what could change colours or defaults is taken out."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith('VOUCHSAFE_') and k not in ('NO_COLOR', 'CLICOLOR_FORCE', 'COLUMNS')}
    return {**env, 'TERM': 'xterm', **(extra or {})}


def run(*args, stdin=b'', env=None, program=VOUCHSAFE, timeout=DEADLINE):
    """Runs a program to its end, without a terminal."""
    done = subprocess.run([str(program), *map(str, args)], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=environment(env), timeout=timeout)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def start(*args, env=None, program=VOUCHSAFE, **more):
    """Starts a program with pipes; the caller ends it."""
    return subprocess.Popen([str(program), *map(str, args)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=environment(env), **more)


class Terminal:
    """A program in a pseudo-terminal: everything that it shows, and a keyboard."""

    def __init__(self, *args, env=None, program=VOUCHSAFE):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen([str(program), *map(str, args)], stdin=slave, stdout=slave, stderr=slave,
                                        env=environment(env), start_new_session=True, close_fds=True,
                                        preexec_fn=take_terminal)
        os.close(slave)
        self.shown = ''

    def read_until(self, pattern=None):
        """Reads until the pattern was shown, or to the end; returns everything shown so far."""
        end = time.monotonic() + DEADLINE
        while not (pattern and re.search(pattern, self.shown)):
            if not select.select([self.master], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f'{pattern!r} was not shown:\n{self.shown}')
            try:
                piece = os.read(self.master, 65536)
            except OSError:  # the other end is closed
                piece = b''
            if not piece:
                if pattern:
                    raise AssertionError(f'{pattern!r} was not shown:\n{self.shown}')
                break
            self.shown += piece.decode(errors='replace')
        return self.shown

    def press(self, keys):
        os.write(self.master, keys.encode())

    def end(self):
        """Waits for the end and returns the exit code."""
        self.read_until()
        code = self.process.wait(DEADLINE)
        os.close(self.master)
        return code


def take_terminal():
    """Makes the pseudo-terminal on descriptor 0 the controlling one, so that Ctrl-C is a signal."""
    import fcntl
    import termios
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def interrupt(process):
    process.send_signal(signal.SIGINT)


def check(condition, *what):
    if not condition:
        raise AssertionError('\n'.join(str(w) for w in what) or 'not so')


def check_equal(seen, wanted, *what):
    check(seen == wanted, f'wanted {wanted!r}', f'seen   {seen!r}', *what)


def check_one_line(text, *parts):
    """Exactly one line, with these parts in it."""
    check(text.endswith('\n') and text.count('\n') == 1, 'not one line', text)
    for part in parts:
        check(part in text, f'lacks {part!r}', text)


def main(setup):
    """Runs every test against what setup(directory) made; prints TAP."""
    if not VOUCHSAFE.exists():
        sys.exit(f'{VOUCHSAFE} is not built')
    directory = pathlib.Path(tempfile.mkdtemp(prefix='vouchsafe-e2e-'))
    failed = 0
    wanted = sys.argv[1:]
    chosen = [t for t in tests if not wanted or t.__name__ in wanted]
    try:
        world = setup(directory)
        print(f'1..{len(chosen)}')
        for number, function in enumerate(chosen, 1):
            try:
                function(world)
                print(f'ok {number} - {function.__name__}', flush=True)
            except Exception:
                failed += 1
                print(f'not ok {number} - {function.__name__}')
                print(''.join(f'# {line}\n' for line in traceback.format_exc().splitlines()), end='', flush=True)
    finally:
        shutil.rmtree(directory)
    sys.exit(failed > 0)
