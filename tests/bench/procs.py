"""What a bench reads of the processes that it measures."""
import contextlib
import os
import pathlib
import socket


def descendants(pid):
    children = [int(n) for path in pathlib.Path(f'/proc/{pid}/task').glob('*/children') for n in path.read_text().split()]
    return [pid, *(d for child in children for d in descendants(child))]


def cpu(pid):
    """Seconds of CPU of a process and what it started, to the nanosecond (/proc/PID/task/TID/schedstat)."""
    return sum(int(path.read_text().split()[0]) for one in descendants(pid)
               for path in pathlib.Path(f'/proc/{one}/task').glob('*/schedstat')) / 1e9


def resident(pid):
    """Bytes in memory of a process and what it started."""
    return sum(int(pathlib.Path(f'/proc/{one}/statm').read_text().split()[1]) for one in descendants(pid)) * os.sysconf('SC_PAGE_SIZE')


def await_port(port):
    """For servers that do not say when they listen."""
    while True:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(('127.0.0.1', port)):
            return


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]
