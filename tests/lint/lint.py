#!/usr/bin/env python3
"""The rules of the house, checked on every file: layers, vendor headers, platform macros, sizes, names.

Usage: lint.py [ROOT]. Prints one line a violation and exits with 1 when there is any.
"""
import sys
from pathlib import Path

from house import LAYERS, PICTURE
from rules import Rules

SKIPPED = {".git", ".cache", "build", "__pycache__"}


def files_of(root):
    """Every file that may be committed, as {path relative to root: text}. Binary files have no text."""
    found = {}
    stack = [root]
    while stack:
        for entry in sorted(stack.pop().iterdir()):
            if entry.is_symlink() or entry.name in SKIPPED or entry.name.startswith("build-"):
                continue
            if entry.is_dir():
                stack.append(entry)
                continue
            data = entry.read_bytes()
            found[entry.relative_to(root).as_posix()] = "" if b"\0" in data else data.decode("utf-8", "replace")
    return found


def check(root):
    """All violations below root, as lines; and whether a layer rule is among them."""
    rules = Rules(files_of(Path(root)))
    rules.check()
    return rules.violations, rules.layers_broken


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    violations, layers_broken = check(root)
    for line in violations:
        print(line)
    if layers_broken:
        print(PICTURE)
    print(f"lint: {len(violations)} violation(s); layers, lowest first: {', '.join(LAYERS)}" if violations else "lint: clean")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
