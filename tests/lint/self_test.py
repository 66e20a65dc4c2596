#!/usr/bin/env python3
"""Shows that lint can fail: feeds it one small bad tree a rule and expects that rule's message, and nothing else."""
import sys

from rules import Rules

HEADER = "#pragma once\n/// \\file\n/// A purpose.\n"
GOOD = {
    "include/autopmr/platform.hpp": HEADER + "#if defined(__linux__)\n#endif\n#include <cstddef>\n",
    "include/autopmr/backend.hpp": HEADER + "#include <autopmr/platform.hpp>\nstruct backend;\n",
    "include/autopmr/selector.hpp": HEADER + "#include <autopmr/backend.hpp>\n",
    "include/autopmr/pools/pool.hpp": HEADER + "#include <memory_resource>\n",
    "include/autopmr/backends/mimalloc.hpp": HEADER + "#include <autopmr/backend.hpp>\nextern const backend mimalloc_backend;\n",
    "include/autopmr/autopmr.hpp": HEADER + "".join(f"#include <autopmr/{n}.hpp>\n" for n in
                                                  ("platform", "backend", "selector", "pools/pool", "backends/mimalloc")),
    "resources/backends/mimalloc.cpp": "#include <autopmr/backends/mimalloc.hpp>\n#include <mimalloc.h>\n",
    "resources/pools/pool_refill.cpp": "#include <autopmr/pools/pool.hpp>\n",
    "src/backend_table.cpp": "#include <autopmr/backends/mimalloc.hpp>\nconst candidate rows[] = {{&mimalloc_backend}};\n",
    "src/platform/os_linux.cpp": "#include <unistd.h>\n#ifdef __linux__\n#endif\n",
    "src/cli/main.cpp": "#include <CLI/CLI.hpp>\n#include <autopmr/selector.hpp>\n",
    "include/autopmr/testing/catch2_front.hpp": HEADER + "#include <catch2/catch.hpp>\n#include <autopmr/selector.hpp>\n",
    "src/testing/child_posix.cpp": "#include <unistd.h>\n#include <autopmr/testing/catch2_front.hpp>\n",
    "adapters/boost.cmake": "", "docs/adapters/boost.md": "", "tests/adapters/boost_test.cpp": "#include <boost/x.hpp>\n",
    "adapters/include/autopmr/adapters/boost.hpp": HEADER + "#include <boost/x.hpp>\n#include <autopmr/backend.hpp>\n",
    "CMakeLists.txt": "option(A \"\" ON)\n# option(B)\n",
    "README.md": "Fetched from a package archive.\n",
    **{f"tests/{n}_test.cpp": "#include <sys/wait.h>\n#ifdef __linux__\n#endif\n" for n in
       ("platform", "backend", "selector", "pools/pool", "backends/mimalloc", "autopmr", "testing/catch2_front")},
}
LINES = "// a line\n"
BAD = [  # what is added to the good tree (None takes a file away), and what lint must say of it
    ({"include/autopmr/backend.hpp": HEADER + "#include <autopmr/selector.hpp>\n"}, "vocabulary may not see choice"),
    ({"src/platform/os_linux.cpp": '#include "src/support/module.hpp"\n', "src/support/module.hpp": "#pragma once\n// why\n"},
     "facts may not see vocabulary"),
    ({"resources/pools/pool_refill.cpp": "#include <autopmr/backends/mimalloc.hpp>\n"}, "parts do not include one another"),
    ({"include/autopmr/pools/arena.hpp": HEADER + "#include <autopmr/pools/pool.hpp>\n",
      "tests/pools/arena_test.cpp": "", "include/autopmr/autopmr.hpp": GOOD["include/autopmr/autopmr.hpp"] +
      "#include <autopmr/pools/arena.hpp>\n"}, "parts do not include one another"),
    ({"src/selector.cpp": '#include "src/cli/print.hpp"\n', "src/cli/print.hpp": "#pragma once\n// prints\n"}, "nobody includes a bridge"),
    ({"src/selector.cpp": "#include <autopmr/adapters/boost.hpp>\n"}, "nobody includes a bridge"),
    ({"adapters/lua.cmake": "", "docs/adapters/lua.md": "", "adapters/lua.cpp": "#include <autopmr/adapters/boost.hpp>\n"},
     "nobody includes a bridge"),
    ({"adapters/lua.cmake": "", "docs/adapters/lua.md": "", "adapters/lua.cpp": "#include <boost/x.hpp>\n"}, "<boost/x.hpp> may be named in"),
    ({"adapters/lua.cpp": ""}, "named after no adapters/<name>.cmake"),
    ({"docs/adapters/boost.md": None}, "no page: docs/adapters/boost.md"),
    ({"tests/adapters/boost_test.cpp": None}, "no test: tests/adapters/boost_test.cpp"),
    ({"src/cli/main.cpp": "#include <autopmr/testing/catch2_front.hpp>\n"}, "includes the testing kit"),
    ({"include/autopmr/testing/kit.hpp": HEADER + "#include <catch2/catch.hpp>\n", "tests/testing/kit_test.cpp": ""},
     "public headers include the standard library"),
    ({"src/testing/model.cpp": "#include <unistd.h>\n"}, "<unistd.h> may be named in"),
    ({"src/selector.cpp": '#include "tests/x.hpp"\n', "tests/x.hpp": "#pragma once\n"}, "which is not part of it"),
    ({"src/selector.cpp": "#include <autopmr/nowhere.hpp>\n"}, "does not exist"),
    ({"resources/pools/slab.cpp": ""}, "no public header include/autopmr/pools/ of this name"),
    ({"src/selector.cpp": "#include <mimalloc.h>\n"}, "<mimalloc.h> may be named in"),
    ({"src/selector.cpp": "#include <toml++/toml.h>\n"}, "<toml++/toml.h> may be named in"),
    ({"src/selector.cpp": "#include <unistd.h>\n"}, "<unistd.h> may be named in"),
    ({"include/autopmr/selector.hpp": HEADER + "#include <fmt/format.h>\n"}, "public headers include the standard library"),
    ({"src/selector.cpp": "void f();\n#if defined(_WIN32)\n#endif\n"}, "src/selector.cpp:2: _WIN32: platform macros"),
    ({"examples/x.cpp": "#ifdef __APPLE__\n#endif\n"}, "__APPLE__: platform macros"),
    ({"src/selector.cpp": "#if HAVE_MIMALLOC\n#endif\n"}, "#if HAVE_"),
    ({"src/backend_table.cpp": "// mimalloc_backend only in a comment\n"}, "mimalloc_backend has no row"),
    ({"tests/selector_test.cpp": None}, "no test: tests/selector_test.cpp is missing"),
    ({"include/autopmr/selector.hpp": HEADER + LINES * 118}, "121 lines, 1 of code"),
    ({"include/autopmr/selector.hpp": HEADER + "int a();\n" * 70}, "73 lines, 71 of code"),
    ({"src/selector.cpp": LINES * 301}, "301 lines: a source has at most 300"),
    ({"examples/x.cpp": LINES * 40}, "40 lines: a small example has at most 39"),
    ({"include/autopmr/selector.hpp": "\n" + HEADER}, "the first line of a header is #pragma once"),
    ({"include/autopmr/selector.hpp": "#pragma once\n#include <cstddef>\n"}, "goes on with '/// \\file'"),
    ({"src/platform/os.hpp": "#pragma once\nint f();\n"}, "goes on with a comment: its purpose"),
    ({"src/detail/x.cpp": ""}, "folder detail/"),
    ({"src/FooBar.cpp": ""}, "file names are snake_case"),
    ({"src/support/stuff.hpp": "#pragma once\n// stuff\n"}, "src/support holds named concepts only"),
    ({"include/autopmr/selector.hpp": HEADER + "#define AUTOPMR_API\n"}, "defines no macro"),
    ({"src/selector.cpp": "auto* p = dynamic_cast<int*>(q);\n"}, "dynamic_cast: the library needs no RTTI"),
    ({"resources/pools/pool_refill.cpp": "auto& t = typeid(int);\n"}, "typeid: the library needs no RTTI"),
    ({"include/autopmr/selector.hpp": HEADER + "inline void f() { throw 1; }\n"}, "throw: headers compile without exceptions"),
    ({"README.md": "See /ro" + "ot/notes.\n"}, "a path of one machine"),
    ({"README.md": "See http://deb.deb" + "ian.org/x.\n"}, "a package host"),
    ({"CMakeLists.txt": "".join(f"option(A{i} \"\" ON)\n" for i in range(6)), "cmake/x.cmake": "set(B 1 CACHE STRING \"\")\n"},
     "B: the project has at most 6 options"),
    ({"include/autopmr/autopmr.hpp": HEADER}, "autopmr.hpp does not include"),
]


def violations(change):
    tree = {path: text for path, text in {**GOOD, **change}.items() if text is not None}
    rules = Rules(tree)
    rules.check()
    return rules.violations


def main():
    failures = [f"the good tree: {line}" for line in violations({})]
    for change, expected in BAD:
        found = violations(change)
        if not any(expected in line for line in found):
            failures.append(f"expected '{expected}', got {found or 'nothing'}")
        failures += [f"besides '{expected}': {line}" for line in found if expected not in line]
    rules = {name for name in dir(Rules) if name.startswith("rule_")}
    for name in sorted(rules):  # a rule that is switched off must be missed by some tree above
        kept = getattr(Rules, name)
        setattr(Rules, name, lambda self: None)
        if all(any(expected in line for line in violations(change)) for change, expected in BAD):
            failures.append(f"no tree needs {name}")
        setattr(Rules, name, kept)
    print("\n".join(failures) or f"lint can fail: {len(BAD)} bad trees, {len(rules)} rules")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
