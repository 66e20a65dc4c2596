"""The server as a child: started on a free port, ended at the end."""
import contextlib
import os
import re
import signal
import subprocess
import sys

TOKEN = "a token that nobody guesses"
DATA = "/usr/share/iso-codes/json/iso_639-3.json"


def skip(reason):
    print("skipped:", reason)
    sys.exit(77)


@contextlib.contextmanager
def server(program, *options):
    if not os.path.exists(DATA):
        skip(f"{DATA} is not here (Debian: iso-codes)")
    child = subprocess.Popen([program, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             env={**os.environ, "JSON_SERVER_TOKEN": TOKEN})
    line = child.stdout.readline()
    found = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line)
    if not found:
        child.kill()
        raise SystemExit(f"the server did not start: {line!r} {child.stderr.read()}")
    ended = {}
    try:
        yield int(found[1]), child, ended
    finally:
        child.send_signal(signal.SIGTERM)
        ended["out"], ended["error"] = child.communicate(timeout=30)
        ended["status"] = child.returncode
