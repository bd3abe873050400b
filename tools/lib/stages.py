"""The stages of `make test`, in order. Each is a function that runs programs and hands back their Results."""
import concurrent.futures
import json
import os
import pathlib

from lib import results

JOBS = str(os.cpu_count() or 2)
BUILD = pathlib.Path('build')
PATIENCE = 4  # times a test's own time limit: machines differ, and sanitizers slow
LONG = ('audit', 'cli-table', 'cmt', 'console', 'infra-large', 'lab-certs', 'web-console', 'web-large')  # of e2e, begun first: the last one runs alone
TSAN_PROGRAMS = ('trust', 'net', 'http', 'store', 'gate', 'probe', 'vim', 'flow', 'api', 'lab')  # the folders whose tests start threads

# What each build directory is for, and its options. Without optimization the developers' build takes 40 % of the time, and
# its tests run no slower; the release build has the warnings that only an optimizer can give.
BUILDS = {
    'build': ('gcc, ASan and UBSan', 'gcc', ['-Db_sanitize=address,undefined', '-Doptimization=0']),
    'build-clang': ('clang, all warnings', 'clang', ['-Doptimization=0', '-Ddebug=false']),
    'build-tsan': ('gcc, TSan', 'gcc', ['-Db_sanitize=thread', '-Doptimization=1']),
    'build-fuzz': ('clang, libFuzzer', 'clang', ['-Db_sanitize=address,undefined', '-Db_lundef=false', '-Dlibfuzzer=true']),
    'build-release': ('gcc, release, hardened', 'gcc', ['-Doptimization=2', '-Db_ndebug=true', '-Db_pie=true']),
}


def configure(run, folder):
    """Sets the build directory up: anew when its options changed, again when a folder's meson.build came or went (meson
    looks for them by existence and would not notice). Returns what the last program said."""
    _, compiler, options = BUILDS[folder]
    line = ' '.join([compiler, *options])
    present = '\n'.join([line, *sorted(str(p) for top in ('src', 'tests') for p in pathlib.Path(top).glob('**/meson.build'))])
    stamp = pathlib.Path(folder) / 'options'
    known = stamp.read_text() if stamp.exists() else ''
    if known == present:
        return results.Done(0, '', 0.0)
    how = []
    if (pathlib.Path(folder) / 'build.ninja').exists():
        how = ['--reconfigure' if known.partition('\n')[0] == line else '--wipe']
    done = run(['meson', 'setup', *how, folder, '-Dwerror=true', *options], f'{folder}-setup', env={'CC': compiler})
    if done.status == 0:
        stamp.write_text(present)
    return done


def compile_in(run, folder, targets=()):
    """Configures and compiles; one Result."""
    name = f'build/{folder} ({BUILDS[folder][0]})'
    done = configure(run, folder)
    if done.status == 0:
        done = run(['ninja', '-C', folder, '-j', JOBS, *targets], folder)
    return results.exit_status(name, done.status, done.output, done.seconds)


def prepare(run, folder):
    """Makes what meson says about a build directory current, before anything in it is compiled."""
    done = configure(run, folder)
    if done.status == 0:
        done = run(['ninja', '-C', folder, 'build.ninja'], f'{folder}-setup')
    return done


def shipped(folder):
    """The programs of src/ in a build directory, as ninja names them."""
    path = pathlib.Path(folder) / 'meson-info/intro-targets.json'
    here = pathlib.Path('src').resolve()
    return [os.path.relpath(t['filename'][0], pathlib.Path(folder).resolve()) for t in json.loads(path.read_text())
            if t['type'] == 'executable' and here in pathlib.Path(t['defined_in']).parents]


def meson_tests(folder):
    """(program name, its suites, command) of each test that meson knows in a build directory."""
    path = pathlib.Path(folder) / 'meson-info/intro-tests.json'
    return [(t['name'], {s.rpartition(':')[2] for s in t['suite']}, t) for t in json.loads(path.read_text())]


def run_meson_suite(run, folder, suite, as_suite=None, only=None, wrap=()):
    """Runs the programs of a meson suite, a core each, and reads their output."""
    as_suite = as_suite or suite

    def one(name, test):
        done = run([*wrap, *test['cmd']], f'{as_suite}-{name}', env=test['env'], cwd=test['workdir'], timeout=test['timeout'] * PATIENCE)
        return results.cmocka(f'{as_suite}/{name}', done.status, done.output, done.seconds)

    with concurrent.futures.ThreadPoolExecutor(int(JOBS)) as pool:
        begun = [pool.submit(one, name, test) for name, suites, test in meson_tests(folder)
                 if suite in suites and (only is None or name in only)]
        return [result for future in begun for result in future.result()]


def run_folder(run, folder, at_once=1):
    """Runs tests/<folder>: its `run`, else each executable in it; they print TAP, or just exit."""
    here = pathlib.Path('tests') / folder
    programs = [here / 'run'] if (here / 'run').exists() else sorted(
        p for p in here.glob('*') if p.is_file() and os.access(p, os.X_OK))

    def one(program):
        done = run([str(program)], f'{folder}-{program.name}', env={'BUILD': str(BUILD.resolve())}, timeout=1200)
        return results.tap(folder if program.name == 'run' else f'{folder}/{program.name}', done.status, done.output, done.seconds)

    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        begun = {program: pool.submit(one, program) for program in sorted(programs, key=lambda p: p.name not in LONG)}
        return [result for program in programs for result in begun[program].result()]


def static(run):
    found = []
    for tool in ('floors', 'grep-mistakes', 'headers', 'size', 'web'):
        done = run([f'tools/{tool}'], tool)
        found += results.exit_status(f'static/{tool}', done.status, done.output, done.seconds)
    return found


def tools(run):
    return run_folder(run, 'tools')


def build(run):
    return compile_in(run, 'build')


def unit(run):
    return run_meson_suite(run, 'build', 'unit')


def fuzz(run):
    return run_meson_suite(run, 'build', 'fuzz')


def clang(run):
    return compile_in(run, 'build-clang')


def threads(run):
    """Address-space randomization is off for TSan: its shadow memory has a fixed place."""
    done = prepare(run, 'build-tsan')
    if done.status != 0:
        return results.exit_status('build/build-tsan', done.status, done.output, done.seconds)
    targets = [os.path.relpath(test['cmd'][0], 'build-tsan') for name, suites, test in meson_tests('build-tsan')
               if suites & {'unit', 'e2e'} and name in TSAN_PROGRAMS]
    if not targets:
        return []
    built = compile_in(run, 'build-tsan', targets)
    if built[0].state == 'fail':
        return built
    wrap = ['setarch', '-R']
    return (built + run_meson_suite(run, 'build-tsan', 'unit', 'tsan', TSAN_PROGRAMS, wrap)
            + run_meson_suite(run, 'build-tsan', 'e2e', 'tsan-e2e', TSAN_PROGRAMS, wrap))


def release(run):
    """The programs as they are shipped, and whether the hardening flags really took."""
    done = prepare(run, 'build-release')
    if done.status != 0:
        return results.exit_status('build/build-release', done.status, done.output, done.seconds)
    programs = shipped('build-release')
    built = compile_in(run, 'build-release', programs)
    if built[0].state == 'fail':
        return built
    done = run(['tools/hardening', *(f'build-release/{p}' for p in programs)], 'hardening')
    return built + results.tap('release/hardening', done.status, done.output, done.seconds)


def lint(run):
    done = run(['tools/lint'], 'lint')
    return results.tap('lint', done.status, done.output, done.seconds)


def conformance(run):
    return run_folder(run, 'conformance')


def e2e(run):
    """Programs in C that need sockets or the real clock, then the scripts that drive cell and lab. Each script has its own
    directory and the kernel's ports, and waits more than it computes: so a core each."""
    return run_meson_suite(run, 'build', 'e2e') + run_folder(run, 'e2e', at_once=int(JOBS))


def interop(run):
    return run_folder(run, 'interop')


ALL = [static, tools, build, unit, fuzz, clang, lint, threads, release, conformance, e2e, interop]
