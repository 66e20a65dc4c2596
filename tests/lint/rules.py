"""What lint.py enforces: each rule is one method, named after it. The lists they go by are in house.py."""
import re

from house import (BRIDGES_GROUND, CHOICE, EXAMPLE_LINES, FACTS, FORBIDDEN_FOLDERS, LAYERS, MACHINE_PATH, OPTIONS, PACKAGE_HOST, PART_FOLDERS,
                   PLATFORM_MACRO, PUBLIC_CODE, PUBLIC_LINES, SEES_THE_SYSTEM, SOURCE_LINES, STANDARD, SUPPORT, NO_BRIDGE, THE_BIG_EXAMPLE, THE_LIST,
                   VENDORS, VOCABULARY)

COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)


def without_comments(text):
    """Comments blanked out, lines kept; strings stay."""
    return COMMENT.sub(lambda m: m[0] if m[0][0] == '"' else re.sub(r"[^\n]", " ", m[0]), text)


def without_strings(code):
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', code)


def stem(path):
    return path.rsplit("/", 1)[-1].split(".", 1)[0]


class Rules:
    def __init__(self, files):
        self.files = files
        self.violations = []
        self.layers_broken = False
        self.code = {p: without_comments(t) for p, t in files.items() if re.search(r"\.(cpp|hpp|h|c)$", p)}
        self.public = [p for p in self.code if re.match(r"(adapters/)?include/autopmr/", p)]
        self.bridges = {stem(p) for p in files if re.fullmatch(r"adapters/\w+\.cmake", p)} | BRIDGES_GROUND

    def say(self, path, line, message):
        self.violations.append(f"{path}:{line}: {message}")

    def check(self):
        for name in sorted(dir(self)):
            if name.startswith("rule_"):
                getattr(self, name)()
        self.violations.sort()

    # -- where a file stands

    def named_after(self, path, names):
        """The longest of names that the file's name is or begins with: statistics_table.cpp belongs to statistics."""
        own = stem(path)
        fits = [n for n in names if own == n or own.startswith(n + "_")]
        return max(fits, key=len, default=None)

    def part(self, path):
        """(folder, name) for a file of a part, else None."""
        m = re.match(r"(?:include/autopmr|resources)/(\w+)/", path)
        if not m or m[1] not in PART_FOLDERS:
            return None
        headers = [stem(p) for p in self.public if p.startswith(f"include/autopmr/{m[1]}/")]
        return m[1], self.named_after(path, headers)

    def own_heap(self, path, to):
        """A backend and its own heap, jemalloc and jemalloc_arena, wrap one library and so know each other."""
        (folder, name), (other_folder, other) = self.part(path), self.part(to)
        return folder == other_folder == "backends" and bool(name and other) and (
            name.startswith(other + "_") or other.startswith(name + "_"))

    def of_the_kit(self, path):
        return bool(re.match(r"(include/autopmr|src)/testing/", path))

    def bridge(self, path):
        """The bridge that a file of adapters/ is named after, or the folder of the program."""
        return self.named_after(path, self.bridges) if path.startswith("adapters/") else path.rsplit("/", 1)[0]

    def layer(self, path):
        if re.match(r"src/cli/|adapters/", path):
            return "bridges"
        if path.startswith("src/platform/"):
            return "facts"
        if re.match(r"src/(support|formats)/", path):
            return "vocabulary"
        if re.match(r"(include/autopmr|resources)/(backends|pools|decorators|guarded)/", path):
            return "parts"
        if self.of_the_kit(path):
            return "choice"
        if re.match(r"include/autopmr/\w+\.hpp$|src/\w+\.[ch]pp$", path):
            name = self.named_after(path, FACTS | VOCABULARY | CHOICE)
            return "facts" if name in FACTS else "vocabulary" if name in VOCABULARY else "choice"
        return None  # tests, examples, bench: may use all of it

    def includes(self, path):
        for number, line in enumerate(self.code[path].splitlines(), 1):
            m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if m:
                yield number, m[1], m[2]

    def target(self, path, quote, name):
        """The file of this project that an include names, or None."""
        folder = path.rsplit("/", 1)[0] if "/" in path else ""
        for candidate in ([f"{folder}/{name}"] if quote == '"' else []) + [f"include/{name}", f"adapters/include/{name}", name]:
            parts = []
            for step in candidate.split("/"):
                if step == "..":
                    parts = parts[:-1]
                else:
                    parts.append(step)
            if "/".join(parts) in self.files:
                return "/".join(parts)
        return None

    # -- the rules

    def rule_layers(self):
        for path in self.code:
            own = self.layer(path)
            for number, quote, name in self.includes(path) if own else ():
                to = self.target(path, quote, name)
                if to is None:
                    if name.startswith("autopmr/"):
                        self.say(path, number, f"<{name}> does not exist")
                    continue
                other = self.layer(to)
                wrong = None
                if other is None:
                    wrong = f"the library includes {to}, which is not part of it"
                elif other == "bridges" and not (path.startswith(NO_BRIDGE) and to.startswith(NO_BRIDGE)) and (own != "bridges" or self.bridge(to) not in {self.bridge(path), *BRIDGES_GROUND}):
                    wrong = f"includes the bridge {to}: nobody includes a bridge"
                elif self.of_the_kit(to) and not self.of_the_kit(path):
                    wrong = f"includes the testing kit, {to}: only tests do"
                elif LAYERS.index(other) > LAYERS.index(own):
                    wrong = f"includes {to}, which is above it: {own} may not see {other}"
                elif own == other == "parts" and self.part(path) != self.part(to):
                    if not (self.part(path)[0] == "backends" and self.part(to)[0] == "pools") and not self.own_heap(path, to):
                        wrong = f"includes {to}, which is beside it: parts do not include one another"
                if wrong:
                    self.layers_broken = True
                    self.say(path, number, wrong)

    def rule_part_sources_are_named_after_their_header(self):
        for path in self.code:
            if path.startswith("resources/") and self.part(path) and self.part(path)[1] is None:
                self.say(path, 1, f"no public header include/autopmr/{self.part(path)[0]}/ of this name: a part is a header, "
                                  "sources named after it, and a test")

    def rule_bridges_have_a_script_a_test_and_a_page(self):
        for path in self.code:
            if path.startswith("adapters/") and not path.startswith(NO_BRIDGE) and not self.bridge(path):
                self.say(path, 1, "named after no adapters/<name>.cmake: a bridge is a script, and files named after it")
        for path in self.files:
            if re.fullmatch(r"adapters/\w+\.cmake", path) and f"docs/adapters/{stem(path)}.md" not in self.files:
                self.say(path, 1, f"no page: docs/adapters/{stem(path)}.md is missing")

    def rule_vendor_headers(self):
        for path in self.code:
            for number, quote, name in self.includes(path):
                if name in STANDARD or name.startswith("autopmr/") or self.target(path, quote, name):
                    continue
                if re.match(r"bench/", path):
                    continue
                allowed = "|".join(files for vendor, files in VENDORS if re.match(vendor, name)) or SEES_THE_SYSTEM
                if path.startswith("include/") and not re.fullmatch(allowed, path):
                    self.say(path, number, f"<{name}>: public headers include the standard library and autopmr only")
                elif not re.fullmatch(allowed, path) and not (quote == '"' and self.layer(path) is None):
                    self.say(path, number, f"<{name}> may be named in {allowed} only")

    def rule_platform_macros(self):
        for path, code in self.code.items():
            if path == "include/autopmr/platform.hpp" or re.match(r"src/platform/|tests/|bench/", path):
                continue
            for number, line in enumerate(without_strings(code).splitlines(), 1):
                m = PLATFORM_MACRO.search(line)
                if m:
                    self.say(path, number, f"{m[0]}: platform macros stand in platform.hpp and src/platform/ only; ask this_platform")

    def rule_have_macros(self):
        for path, code in self.code.items():
            for number, line in enumerate(code.splitlines(), 1):
                if self.layer(path) and re.match(r"\s*#\s*(el)?if\w*\b.*\bHAVE_", line):
                    self.say(path, number, "#if HAVE_...: a library that is absent leaves a stub with a reason, not another build")

    def rule_backends_have_rows(self):
        table = self.code.get("src/backend_table.cpp", "")
        for path in self.public:
            for m in re.finditer(r"\bbackend\s+(\w+_backend)\b", self.code[path]):
                if "/backends/" in path and not re.search(rf"\b{m[1]}\b", table):
                    self.say(path, self.code[path][: m.start()].count("\n") + 1, f"{m[1]} has no row in src/backend_table.cpp")

    def rule_headers_have_tests(self):
        for path in self.public:
            test = path.replace("adapters/include/autopmr/", "tests/").replace("include/autopmr/", "tests/").replace(".hpp", "_test.cpp")
            if test not in self.files:
                self.say(path, 1, f"no test: {test} is missing")

    def rule_sizes(self):
        for path, code in self.code.items():
            lines = len(self.files[path].splitlines())
            if path in self.public:
                loc = sum(1 for line in code.splitlines() if line.strip())
                if path == THE_LIST:
                    continue
                if lines > PUBLIC_LINES or loc > PUBLIC_CODE:
                    self.say(path, 1, f"{lines} lines, {loc} of code: a public header has at most {PUBLIC_LINES} and {PUBLIC_CODE}; "
                                      "this is two things")
            elif re.match(r"examples/\w+\.cpp", path) and path != THE_BIG_EXAMPLE and lines > EXAMPLE_LINES:
                self.say(path, 1, f"{lines} lines: a small example has at most {EXAMPLE_LINES}")
            elif lines > SOURCE_LINES:
                self.say(path, 1, f"{lines} lines: a source has at most {SOURCE_LINES}; this is two things")

    def rule_headers_begin_well(self):
        for path in self.code:
            if not path.endswith(".hpp"):
                continue
            lines = self.files[path].splitlines()
            if not lines or lines[0] != "#pragma once":
                self.say(path, 1, "the first line of a header is #pragma once")
            elif path in self.public and not re.match(r"/// \\file\n/// \S", "\n".join(lines[1:3])):
                self.say(path, 2, "a public header goes on with '/// \\file' and a line of purpose")
            elif self.layer(path) and not (len(lines) > 1 and lines[1].startswith("//")):
                self.say(path, 2, "a header goes on with a comment: its purpose")

    def rule_names(self):
        for path in self.files:
            for folder in path.split("/")[:-1]:
                if folder in FORBIDDEN_FOLDERS:
                    self.say(path, 1, f"folder {folder}/: name the concept instead")
            if path in self.code and not re.fullmatch(r"[a-z0-9_]+\.(cpp|hpp|h|c)", path.rsplit("/", 1)[-1]):
                self.say(path, 1, "file names are snake_case")
            if path.startswith("src/support/") and path in self.code and not self.named_after(path, SUPPORT):
                self.say(path, 1, f"src/support holds named concepts only: {', '.join(sorted(SUPPORT))} (the list is in tests/lint/house.py)")

    def rule_public_macros(self):
        for path in self.public:
            for number, line in enumerate(self.code[path].splitlines(), 1):
                if re.match(r"\s*#\s*define\b", line):
                    self.say(path, number, "a public header defines no macro")

    def rule_no_rtti_and_no_throw_in_headers(self):
        for path, code in self.code.items():
            if not self.layer(path) or self.layer(path) == "bridges":
                continue
            for number, line in enumerate(without_strings(code).splitlines(), 1):
                m = re.search(r"\b(dynamic_cast|typeid|dynamic_pointer_cast)\b", line)
                if m:
                    self.say(path, number, f"{m[0]}: the library needs no RTTI; derive from layer")
                m = re.search(r"\b(throw|try|catch)\b(?!_)", line) if path in self.public else None
                if m and "testing/" not in path:
                    self.say(path, number, f"{m[0]}: headers compile without exceptions; throw out of line, undo in destructors")

    def rule_machines_and_mirrors(self):
        for path, text in self.files.items():
            for number, line in enumerate(text.splitlines(), 1):
                for found, what in ((MACHINE_PATH.search(line), "a path of one machine"), (PACKAGE_HOST.search(line), "a package host")):
                    if found:
                        self.say(path, number, f"{found[0]}: {what} has no place in the project")

    def rule_umbrella(self):
        umbrella = "include/autopmr/autopmr.hpp"
        seen = {name for _, _, name in self.includes(umbrella)} if umbrella in self.code else set()
        for path in self.public:
            name = path[len("include/"):]
            if path.startswith("include/") and path != umbrella and "/testing/" not in path and name not in seen:
                self.say(path, 1, "autopmr.hpp does not include it; users get everything below from there")

    def rule_options(self):
        options = []
        for path, text in self.files.items():
            if path.endswith(("CMakeLists.txt", ".cmake")):
                text = re.sub(r"#[^\n]*", "", text)
                options += [(path, m[1]) for m in re.finditer(r"(?im)^\s*(?:cmake_dependent_)?option\s*\(\s*(\w+)", text)]
                options += [(path, m[1]) for m in re.finditer(r"(?m)^\s*set\s*\(\s*(\w+)[^)]*\bCACHE\s+(?!INTERNAL)", text)]
        for path, name in options[OPTIONS:]:
            self.say(path, 1, f"{name}: the project has at most {OPTIONS} options")
