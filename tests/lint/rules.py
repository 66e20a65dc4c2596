"""What lint.py enforces. The lists that the house keeps stand first; each rule is one method, named after it."""
import re

LAYERS = ["facts", "vocabulary", "parts", "choice", "bridges"]
PICTURE = """
    bridges      adapters/**  src/cli/**            + exactly the foreign library each is for
       |
    choice       selector  subsystem  policy  src/backend_table.cpp  autopmr.hpp  testing/
       |
    parts        backends | pools | decorators | guarded      parts do not include one another; a pool, decorator or
       |                                                      guard knows only the std::pmr interface of its upstream
       |                                                      (one exception: a backend may include the pool it publishes)
    vocabulary   backend  decision  resource_ptr  layer  observed  ledger  errors  fault_report  src/support/*  src/formats/*
       |
    facts        platform.hpp  host.hpp  fixed_text.hpp  src/platform/*       std only; the os files also the OS

    Include downwards only."""

# Public headers (and sources named after them: src/<name>.cpp, src/<name>_<more>.cpp) by layer.
FACTS = {"platform", "host", "fixed_text"}
VOCABULARY = {"backend", "decision", "request", "tuning", "resource_ptr", "layer", "observed", "ledger", "errors", "fault_report"}
CHOICE = {"selector", "subsystem", "policy", "backend_table", "autopmr", "policy_file"}
PART_FOLDERS = {"backends", "pools", "decorators", "guarded"}

# The named concepts of src/support. One that is not here is a part in disguise or needs a line.
SUPPORT = {"per_thread", "call_stack", "report_text", "announce", "module", "json_text"}

# A foreign header and the only files that may name it, as regular expressions.
VENDORS = [
    (r"mimalloc", r"resources/backends/mimalloc\w*\.\w+"),
    (r"jemalloc/", r"resources/backends/jemalloc\w*\.\w+"),
    (r"gperftools/", r"resources/backends/tcmalloc\w*\.\w+"),
    (r"(oneapi/)?tbb/", r"resources/backends/tbb\w*\.\w+"),
    (r"boost/", r"resources/backends/boost_pool\w*\.\w+"),
    (r"toml(\+\+/|\.hpp)", r"src/policy_file\.cpp"),
    (r"CLI/", r"src/cli/.*"),
    (r"fmt/", r"src/cli/.*"),
    (r"nlohmann/", r"(src/cli|tests)/.*"),
    (r"catch2/", r"tests/support/.*"),
    (r"benchmark/", r"bench/.*"),
    (r"(sanitizer|valgrind)/", r"(src/support/announce|src/platform/).*"),
]
# Files that may name headers of the operating system.
SEES_THE_SYSTEM = r"(src/platform|src/cli|tests|bench|examples)/.*"

STANDARD = set("""algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes
climits clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint
cstdio cstdlib cstring ctime cuchar cwchar cwctype deque exception execution expected filesystem format forward_list fstream
functional future generator initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map mdspan
memory memory_resource mutex new numbers numeric optional ostream print queue random ranges ratio regex scoped_allocator
semaphore set shared_mutex source_location span spanstream sstream stack stacktrace stdexcept stdfloat stop_token streambuf
string string_view strstream syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set
utility valarray variant vector version
assert.h ctype.h errno.h fenv.h float.h inttypes.h limits.h locale.h math.h setjmp.h signal.h stdarg.h stdbool.h stddef.h
stdint.h stdio.h stdlib.h string.h time.h wchar.h wctype.h""".split())

PLATFORM_MACRO = re.compile(
    r"\b(_WIN32|_WIN64|_MSC_VER|__MINGW\w+__|__CYGWIN__|__linux__|__linux|__gnu_linux__|__unix__|__unix|__APPLE__|__MACH__"
    r"|TARGET_OS_\w+|__ANDROID(_API)?__|__FreeBSD__|__NetBSD__|__OpenBSD__|__DragonFly__|__sun|__illumos__|__wasm\w*__"
    r"|__EMSCRIPTEN__|__GLIBC(_MINOR)?__|__BIONIC__|__NEWLIB__|__x86_64__|__i386__|__aarch64__|__arm__|__riscv|__s390x__)\b")
FORBIDDEN_FOLDERS = {"detail", "details", "util", "utils", "common", "internal", "impl", "helpers", "misc"}
# Where a machine or a mirror was written down. Split, so that this file does not name any itself.
MACHINE_PATH = re.compile(r"(?<![\w.$}/])/(?:root|work|home/(?!user\b)\w+|Users/\w+)(?:/|\b)")
PACKAGE_HOST = re.compile(r"\b(?:[\w-]+\.)*(?:deb\.deb" r"ian|snapshot\.deb" r"ian|security\.deb" r"ian|archive\.ubu" r"ntu"
                          r"|pypi|pythonhosted|npm" r"js|crates)\.(?:org|com|io)\b")
PUBLIC_LINES, PUBLIC_CODE, SOURCE_LINES, EXAMPLE_LINES, OPTIONS = 120, 70, 300, 39, 6
THE_BIG_EXAMPLE = "examples/package_index.cpp"

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
        self.public = [p for p in self.code if p.startswith("include/autopmr/")]

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

    def layer(self, path):
        if re.match(r"src/cli/|adapters/", path):
            return "bridges"
        if path.startswith("src/platform/"):
            return "facts"
        if re.match(r"src/(support|formats)/", path):
            return "vocabulary"
        if re.match(r"(include/autopmr|resources)/(backends|pools|decorators|guarded)/", path):
            return "parts"
        if path.startswith("include/autopmr/testing/"):
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
        for candidate in ([f"{folder}/{name}"] if quote == '"' else []) + [f"include/{name}", name]:
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
                elif other == "bridges" and (own != "bridges" or to.split("/")[:2] != path.split("/")[:2]):
                    wrong = f"includes the bridge {to}: nobody includes a bridge"
                elif LAYERS.index(other) > LAYERS.index(own):
                    wrong = f"includes {to}, which is above it: {own} may not see {other}"
                elif own == other == "parts" and self.part(path) != self.part(to):
                    if not (self.part(path)[0] == "backends" and self.part(to)[0] == "pools"):
                        wrong = f"includes {to}, which is beside it: parts do not include one another"
                if wrong:
                    self.layers_broken = True
                    self.say(path, number, wrong)

    def rule_part_sources_are_named_after_their_header(self):
        for path in self.code:
            if path.startswith("resources/") and self.part(path) and self.part(path)[1] is None:
                self.say(path, 1, f"no public header include/autopmr/{self.part(path)[0]}/ of this name: a part is a header, "
                                  "sources named after it, and a test")

    def rule_vendor_headers(self):
        for path in self.code:
            for number, quote, name in self.includes(path):
                if name in STANDARD or name.startswith("autopmr/") or self.target(path, quote, name):
                    continue
                if re.match(r"bench/|adapters/", path):
                    continue
                allowed = next((files for vendor, files in VENDORS if re.match(vendor, name)), SEES_THE_SYSTEM)
                if path.startswith("include/"):
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
            test = path.replace("include/autopmr/", "tests/").replace(".hpp", "_test.cpp")
            if test not in self.files:
                self.say(path, 1, f"no test: {test} is missing")

    def rule_sizes(self):
        for path, code in self.code.items():
            lines = len(self.files[path].splitlines())
            if path in self.public:
                loc = sum(1 for line in code.splitlines() if line.strip())
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
                self.say(path, 1, f"src/support holds named concepts only: {', '.join(sorted(SUPPORT))} (the list is in tests/lint/rules.py)")

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
            if path != umbrella and "/testing/" not in path and name not in seen:
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
