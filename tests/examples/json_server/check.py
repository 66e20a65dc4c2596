#!/usr/bin/env python3
"""check.py SERVER LOAD: what the server answers, what a connection's limit does, and that nothing is left."""
import http.client
import json
import re
import subprocess
import sys
import threading

from running import TOKEN, server

failures = []


def check(good, what):
    if not good:
        failures.append(what)
        print("FAILED:", what)


def ask(connection, method, target, body=None, headers={}):
    connection.request(method, target, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.getheader("Content-Type"), answer.read().decode()


def metrics_are_open_metrics(text):
    check(text.endswith("# EOF\n"), "the metrics end in # EOF")
    types = {}
    for line in text.splitlines()[:-1]:
        if line.startswith("# "):
            kind, name, value = line[2:].split(" ", 2)
            if kind == "TYPE":
                check(name not in types, f"one TYPE for {name}")
                types[name] = value
            continue
        sample = re.fullmatch(r'([a-z_]+)\{subsystem="([\w.()-]*)"\} (\d+)', line)
        check(sample, f"a sample of OpenMetrics: {line}")
        if sample:
            family = sample[1].removesuffix("_total")
            check(types.get(family) == ("counter" if sample[1].endswith("_total") else "gauge"), f"the type of {sample[1]}")
    return types


def main():
    program, load = sys.argv[1:]
    with server(program) as (port, child, ended):
        one = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        status, kind, text = ask(one, "GET", "/language?code=deu")
        check(status == 200 and json.loads(text)["name"] == "German", "a language by its code")
        check(ask(one, "GET", "/language?code=none")[0] == 404, "a code that nobody has")
        check(ask(one, "GET", "/nowhere")[0] == 404, "a path that is none")
        status, kind, text = ask(one, "GET", "/search?q=German")
        check(status == 200 and any(l["name"] == "German" for l in json.loads(text)), "languages by a part of their name")
        bearer = {"Authorization": "Bearer " + TOKEN}
        check(ask(one, "POST", "/translate", '["deu"]')[0] == 401, "no token, no translation")
        check(ask(one, "POST", "/translate", '["deu"]', {"Authorization": "Bearer wrong"})[0] == 401, "a wrong token")
        status, kind, text = ask(one, "POST", "/translate", '["deu", "eng", "none", 7]', bearer)
        check((status, json.loads(text)) == (200, ["German", "English", None, None]), "a translation")
        check(ask(one, "POST", "/translate", '["deu"', bearer)[0] == 400, "a body that is no JSON")

        # A connection over its limit has an error of its own, while others go on.
        others = []
        def go_on():
            two = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            others.extend(ask(two, "GET", "/language?code=eng")[0] for _ in range(200))
        thread = threading.Thread(target=go_on)
        thread.start()
        greedy = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        status, kind, text = ask(greedy, "POST", "/translate", json.dumps(["deu"] * 300000), bearer)
        check(status == 413 and "limit is spent" in text, "a request over the limit of its connection")
        thread.join()
        check(others == [200] * 200, "the other connection went on")
        check(ask(one, "GET", "/language?code=deu")[0] == 200, "and so did the first")
        again = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        check(ask(again, "POST", "/translate", '["fra"]', bearer)[0] == 200, "and who comes next has the budget anew")

        status, kind, text = ask(one, "GET", "/metrics")
        check(status == 200 and kind.startswith("application/openmetrics-text"), "the metrics")
        types = metrics_are_open_metrics(text)
        check("autopmr_live_bytes" in types and "autopmr_limit_bytes" in types, "live and limit are told")
        refused = sum(int(n) for n in re.findall(r'autopmr_failures_total\{subsystem="json_server.connection.\d+"\} (\d+)', text))
        check(refused >= 1, "the refusal is counted")
        check(TOKEN not in text, "the token is in no answer")
        table = ask(one, "GET", "/subsystems")[2]
        check("json_server.data" in table and "json_server.connection.0" in table, "the table of subsystems")
        told = json.loads(subprocess.run([load, str(port), "8", "200"], capture_output=True, text=True, check=True).stdout)
        check(told["requests"] == 1600, "a bounded load is answered")
        one.close()
    check(ended["status"] == 0, f"it ends when it is told to: {ended['status']} {ended['error']}")
    check("autopmr:" not in ended["error"], "no guard has anything to report: " + ended["error"])
    live = re.findall(r"^(json_server\.connection\.\d+) +json_server\.connection +\S+ +(\S+)", ended["out"], re.M)
    check(live and all(n == "0" for _, n in live), f"nothing of a connection is left: {[x for x in live if x[1] != '0']}")
    sys.exit(1 if failures else 0)


main()
