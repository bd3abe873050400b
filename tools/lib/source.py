"""Reading the tree for the static checks: which files, their text without comments, and the list of allowed exceptions."""
import pathlib
import re
import subprocess
import sys

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(text, keep_strings=False):
    """The C text with comments (and the insides of literals) turned into spaces; lines and columns stay."""
    def hide(match):
        token = match[0]
        if token[0] == '/':
            return re.sub(r'[^\n]', ' ', token)
        return token if keep_strings else token[0] + ' ' * (len(token) - 2) + token[-1]
    return TOKEN.sub(hide, text)


def root_from_args(argv):
    """`--root DIR` for the checks' own tests; the current directory otherwise."""
    if len(argv) == 3 and argv[1] == '--root':
        return pathlib.Path(argv[2])
    if len(argv) > 1:
        sys.exit(f'usage: {argv[0]} [--root DIR]')
    return pathlib.Path('.')


def c_files(root, *folders):
    """Sources and headers below the folders, sorted."""
    return sorted(p for folder in folders for p in (root / folder).glob('**/*.[ch]'))


def text_files(root):
    """What git tracks or would track; every file where there is no repository (in the checks' own tests)."""
    listed = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'], cwd=root, capture_output=True, text=True)
    if listed.returncode == 0 and (root / '.git').exists():
        paths = [root / name for name in listed.stdout.splitlines()]
    else:
        paths = [p for p in root.glob('**/*') if '.git' not in p.parts]
    return sorted(p for p in paths if p.is_file())


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1


FUNCTION = re.compile(
    r'^(?P<head>[A-Za-z_][\w \t\*]*?[\s\*])\(?(?P<name>[a-z_]\w*)\)?\s*\((?P<args>[^;{}]*)\)\s*(?:[A-Z_]+(?:\([^)]*\))?\s*)?\{', re.M)


def functions(blanked):
    """Function definitions at column 0 of blanked text: (name, is_static, first line, last line)."""
    for match in FUNCTION.finditer(blanked):
        end = re.compile(r'^\}', re.M).search(blanked, match.end())
        if end:
            yield (match['name'], bool(re.search(r'\bstatic\b', match['head'])),
                   line_of(blanked, match.start()), line_of(blanked, end.start()))


class Allowed:
    """tools/allow: `check path[:word] [number]  # reason`. An entry that nothing needs is itself a mistake, so the list
    can only shrink."""

    def __init__(self, root, checks):
        self.entries, self.used, self.errors = {}, set(), []
        path = root / 'tools/allow'
        for number, raw in enumerate(path.read_text().splitlines() if path.exists() else [], 1):
            line, _, reason = raw.partition('#')
            words = line.split()
            if not words or words[0] not in checks:
                continue
            if len(words) not in (2, 3) or not reason.strip():
                self.errors.append(f'tools/allow:{number}: want `check path[:word] [number]  # reason`')
                continue
            self.entries[(words[0], words[1])] = (number, int(words[2]) if len(words) == 3 else None)

    def covers(self, check, path, word=None):
        for key in ((check, f'{path}:{word}'), (check, str(path))):
            if key in self.entries:
                self.used.add(key)
                return True
        return False

    def ceiling(self, check, name):
        """The number of a numbered entry, or None."""
        number = self.entries.get((check, name), (0, None))[1]
        if number is not None:
            self.used.add((check, name))
        return number

    def unused(self):
        return self.errors + [f'tools/allow:{line}: nothing needs `{check} {what}` any more; remove the line'
                              for (check, what), (line, _) in self.entries.items() if (check, what) not in self.used]


def report(problems, what):
    """Prints the problems and ends the program: 1 when there are any."""
    for problem in problems:
        print(problem)
    if problems:
        print(f'{what}: {len(problems)} problem(s)')
    sys.exit(bool(problems))
