"""heaptrack.py HEAPTRACK HEAPTRACK_PRINT PROGRAM RESOURCE: counts, in heaptrack's own report, what the program `blocks` hands out."""
import pathlib
import subprocess
import sys
import tempfile

BLOCKS, KEPT, BYTES = 100, 3, 408
HAND_OUT = "hand_out"
# The heap goes whole, and jemalloc can't name what goes with it.
NAMES_WHAT_IT_DROPS = {"pool", "concurrent_pool", "fixed_heap", "mimalloc_heap"}


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120)
    if done.returncode not in (0, 77):
        sys.exit(f"{command}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def total(folder, printer, record, kind):
    """Sum over all call stacks with hand_out in them."""
    stacks = folder / "stacks"
    run(printer, "--print-peaks=0", "--print-allocators=0", "--print-temporary=0", "--flamegraph-cost-type", kind, "-F", stacks, record)
    return sum(int(line.rsplit(" ", 1)[1]) for line in stacks.read_text().splitlines() if HAND_OUT in line)


def check(folder, heaptrack, printer, program, resource, how, leaked):
    said = run(heaptrack, "--output", folder / "record", program, resource, how)
    if "skipped: " in said:
        print(next(line for line in said.splitlines() if line.startswith("skipped: ")))
        sys.exit(0)
    if "Segmentation fault" in said:
        sys.exit(said)
    (record,) = folder.glob("record*")
    found = {kind: total(folder, printer, record, kind) for kind in ("allocations", "leaked")}
    record.unlink()
    print(f"{resource} {how}: {found}")
    # There may be more: a chunk is taken below hand_out, and counts as an allocation of no bytes, being parcelled out.
    if found["allocations"] < BLOCKS or found["leaked"] != leaked:
        sys.exit(f"{resource} {how}: {BLOCKS} blocks were handed out and {leaked} bytes kept; heaptrack found {found}")


def main():
    heaptrack, printer, program, resource = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check(folder, heaptrack, printer, program, resource, "kept", KEPT * BYTES)
        if resource in NAMES_WHAT_IT_DROPS:
            check(folder, heaptrack, printer, program, resource, "dropped", 0)


main()
