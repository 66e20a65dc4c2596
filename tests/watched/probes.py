"""probes.py FILE PAGE [GDB PROGRAM]: the static probes in a library or program are those of the page's table, and one is passed."""
import pathlib
import re
import subprocess
import sys


def in_file(path):
    """{name: {numbers of arguments}} from the notes that tools read."""
    notes = subprocess.run(["readelf", "--notes", "--wide", path], capture_output=True, text=True, timeout=60).stdout
    found = {}
    for name, arguments in re.findall(r"Provider: autopmr\s+Name: (\w+).*?Arguments: ([^\n]*)", notes, re.S):
        found.setdefault(name, set()).add(len(arguments.split()))
    return found


def in_page(path):
    text = pathlib.Path(path).read_text().partition("| Probe | Arguments | When |")[2]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", text, re.M)
    return {name: {len(arguments.split(", "))} for name, arguments in rows}


def passed(gdb, program):
    """What gdb prints at the first chunk of a pool; None where it can't run a program."""
    commands = ["set startup-with-shell off", "set breakpoint pending on", "break -probe-stap autopmr:chunk_taken",
                "run pool rightly", r'printf "%s took %lu bytes\n", (char*)$_probe_arg0, $_probe_arg2', "kill"]
    done = subprocess.run([gdb, "-nx", "-quiet", "-batch", *(f"-ex={one}" for one in commands), program],
                          capture_output=True, text=True, timeout=120)
    said = done.stdout + done.stderr
    if re.search(r"ptrace|not permitted|Couldn't|personality", said):
        return None
    return said


def main():
    file, page, *gdb = sys.argv[1:]
    found, written = in_file(file), in_page(page)
    if not found:
        sys.exit(f"{file} has no probes")
    if found != written:
        sys.exit(f"the page says {written}, the file {found}")
    print("probes:", ", ".join(sorted(found)))
    if gdb:
        said = passed(*gdb)
        if said is None:
            print("gdb may not run a program here")
        elif "pool took 65536 bytes" not in said:
            sys.exit(f"gdb did not stop at a pool's chunk:\n{said}")
        else:
            print("gdb stopped at a pool's chunk")


main()
