#!/usr/bin/env python3
"""hostile.py SERVER: what is no request, or never becomes one, gets an error, and the others go on."""
import resource
import socket
import subprocess
import sys

from running import TOKEN, server

failures = []


def check(good, what):
    if not good:
        failures.append(what)
        print("FAILED:", what)


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def all_of(connection):
    """Until the server closes."""
    text = b""
    while piece := connection.recv(65536):
        text += piece
    return text


def told(port, request):
    """All that the server says, to a client that says no more."""
    with connect(port) as one:
        one.sendall(request)
        one.shutdown(socket.SHUT_WR)
        return all_of(one)


def serves(port, when):
    check(b"German" in told(port, b"GET /language?code=deu HTTP/1.1\r\n\r\n"), "it serves " + when)


BEARER = b"Authorization: Bearer " + TOKEN.encode() + b"\r\n"
POST = b"POST /translate HTTP/1.1\r\n" + BEARER
REFUSED = [
    (400, b"\0\1\2\3\r\n\r\n"),
    (400, b"GET / HTTP/9.9\r\n\r\n"),
    (400, b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n"),
    (400, b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"),
    (431, b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\n\r\n"),
    (431, b"GET / HTTP/1.1\r\nX: " + b"x" * 5000 + b"\r\n\r\n"),
    (413, POST + b"Content-Length: 18446744073709551615\r\n\r\n" + b"[" * 3000000),
    # Not understood, so what follows is not the next request.
    (411, POST + b"Transfer-Encoding: chunked\r\n\r\nGET /language?code=deu HTTP/1.1\r\n\r\n"),
    (411, POST + b"Transfer-Encoding: gzip\r\n\r\nGET /language?code=deu HTTP/1.1\r\n\r\n"),
]


def requests(program):
    with server(program) as (port, child, ended):
        with open(f"/proc/{child.pid}/environ", "rb") as environ:
            check(TOKEN.encode() not in environ.read(), "the token is not left in the environment")
        for status, request in REFUSED:
            answer = told(port, request)
            check(answer.startswith(b"HTTP/1.1 %d " % status) and answer.count(b"HTTP/1.1") == 1, f"{status} for {request[:60]}: {answer[:100]}")
        answer = told(port, b"DELETE /language?code=deu HTTP/1.1\r\n\r\n")
        check(answer.startswith(b"HTTP/1.1 405 ") and b"Allow: GET, HEAD\r\n" in answer, "a method that is none of the path's")
        answer = told(port, b"HEAD /language?code=deu HTTP/1.1\r\n\r\n")
        check(answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\n"), "HEAD has no body")
        check(b"null" in told(port, POST + b"Content-Length: 8\r\n\r\n[\"none\"]"), "a request like the refused ones is none")
        most, _ = resource.prlimit(child.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(child.pid, resource.RLIMIT_NOFILE, (15, most))
        many = [connect(port) for _ in range(30)]
        waiting = connect(port)
        waiting.sendall(b"GET /language?code=deu HTTP/1.1\r\nConnection: close\r\n\r\n")
        for one in many:
            one.close()
        check(b"German" in all_of(waiting), "it accepts again after it had no descriptor left")
        waiting.close()
        resource.prlimit(child.pid, resource.RLIMIT_NOFILE, (most, most))
    check(ended["status"] == 0 and "autopmr:" not in ended["error"], f"it ends well: {ended['status']} {ended['error']}")


def slow_clients(program):
    with server(program, "--patience", "1") as (port, child, ended):
        slow = [connect(port) for _ in range(64)]  # all of its places
        for one in slow:
            one.sendall(b"GET /lang")
        check(all(all_of(one) == b"" for one in slow), "who does not finish its request is let go")
        serves(port, "when all places were taken by slow clients")


def options(program):
    for words in (["--port", "70000"], ["--port", "x"], ["--port"], ["--threads", "0"], ["--limit", "-5"], ["--patience", "1s"], ["--such"]):
        got = subprocess.run([program, *words], capture_output=True, text=True, timeout=60)
        check(got.returncode == 2 and words[-1] in got.stderr, f"{words} is refused: {got.returncode} {got.stderr}")


options(sys.argv[1])
requests(sys.argv[1])
slow_clients(sys.argv[1])
sys.exit(1 if failures else 0)
