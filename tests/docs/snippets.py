#!/usr/bin/env python3
"""Every code block of README and docs is a region of a file that the tests compile and run; every link leads to a file.

A block is announced by  <!-- snippet: PATH [REGION] -->  on the line before it; a region of PATH stands between the
lines "// [REGION]" and "// [/REGION]" ("#" instead of "//" in TOML, CMake and shell). Without REGION: the whole file.
Usage: snippets.py ROOT [--write]. With --write the blocks are brought up to date; otherwise any difference is an error.
"""
import re
import sys
import textwrap
from pathlib import Path

LANGUAGES = {"cpp", "toml", "cmake"}
BLOCK = re.compile(r"(?:^<!-- snippet: (\S+)(?: (\S+))? -->\n)?^```(\w+)\n(.*?)^```$", re.M | re.S)


def region(text, name):
    """The lines of a region, or None when the file has none of that name."""
    if not name:
        return text
    m = re.search(rf"^[ \t]*(?://|#) \[{re.escape(name)}\]\n(.*?)^[ \t]*(?://|#) \[/{re.escape(name)}\]$", text, re.M | re.S)
    return textwrap.dedent(m[1]) if m else None


def check(document, text, read):
    """(errors, text brought up to date). read(path) is a file's text, or None."""
    errors = []

    def one(block):
        path, name, language, body = block.groups()
        line = text[: block.start()].count("\n") + 1
        if language not in LANGUAGES:
            return block[0]
        if path is None:
            errors.append(f"{document}:{line}: a {language} block without <!-- snippet: PATH REGION --> before it")
            return block[0]
        source = read(path)
        wanted = region(source, name) if source is not None else None
        if wanted is None:
            errors.append(f"{document}:{line}: {path} {name or ''}: " + ("no such file" if source is None else "no such region"))
        elif wanted != body:
            errors.append(f"{document}:{line}: differs from {path} {name or ''}; tests/docs/snippets.py . --write updates it")
            return block[0].replace(f"```{language}\n{body}```", f"```{language}\n{wanted}```")
        return block[0]

    return errors, BLOCK.sub(one, text)


def broken_links(document, text, exists):
    """Links to files that are not there. exists(path) asks below the document's folder. A lambda in code is no link."""
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))
    return [f"{document}: the link to {t} leads nowhere" for t in targets if "://" not in t and not exists(t)]


def self_test():
    assert broken_links("d", "[a](x.md) [b](https://example.org) [c](y.md#z)", {"x.md"}.__contains__) == ["d: the link to y.md leads nowhere"]
    assert broken_links("d", "[a](x.md)\n```cpp\n[](int) {};\n```\n[b](z.md)", {"x.md"}.__contains__) == ["d: the link to z.md leads nowhere"]
    files = {"a.cpp": "int x;\n    // [r]\n    int y;\n    // [/r]\n"}
    good = "<!-- snippet: a.cpp r -->\n```cpp\nint y;\n```\n"
    assert check("d", good, files.get)[0] == []
    assert check("d", "```sh\nls\n```\n", files.get)[0] == []
    for bad, message in ((good.replace("int y", "int z"), "differs"), (good.replace(" r ", " s "), "no such region"),
                         (good.replace("a.cpp", "b.cpp"), "no such file"), ("```cpp\nint y;\n```\n", "without")):
        errors, updated = check("d", bad, files.get)
        assert len(errors) == 1 and message in errors[0], (bad, errors)
        assert message != "differs" or updated == good


def main():
    self_test()
    root = Path(sys.argv[1])
    read = lambda path: (root / path).read_text() if (root / path).is_file() else None
    failed = False
    for document in [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").rglob("*.md"))]:
        text = document.read_text()
        errors, updated = check(document.relative_to(root), text, read)
        errors += broken_links(document.relative_to(root), text, lambda target: (document.parent / target).exists())
        print("\n".join(errors), end="\n" if errors else "")
        failed = failed or bool(errors)
        if "--write" in sys.argv[2:] and updated != text:
            document.write_text(updated)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
