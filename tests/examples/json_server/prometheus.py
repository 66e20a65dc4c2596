#!/usr/bin/env python3
"""prometheus.py SERVER FOLDER: a real Prometheus scrapes the server. Debian's package is unpacked into the folder, never installed."""
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

from running import server, skip


def free_port():
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]


def prometheus(folder):
    """The path of the program: the machine's, else unpacked from Debian's package."""
    there = shutil.which("prometheus") or os.path.join(folder, "usr/bin/prometheus")
    if os.path.exists(there):
        return there
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        skip("there is no prometheus, and no Debian to get it from")
    os.makedirs(folder, exist_ok=True)
    got = subprocess.run(["apt-get", "download", "prometheus"], cwd=folder, capture_output=True, text=True)
    packages = [name for name in os.listdir(folder) if name.startswith("prometheus_") and name.endswith(".deb")]
    if got.returncode != 0 or not packages:
        skip("Debian's package prometheus could not be downloaded: " + got.stderr.strip().splitlines()[-1] if got.stderr.strip() else "no reason given")
    subprocess.run(["dpkg-deb", "-x", os.path.join(folder, packages[0]), folder], check=True)
    os.remove(os.path.join(folder, packages[0]))
    return there


def ask(port, query):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?query={query}", timeout=10) as answer:
        return json.load(answer)["data"]["result"]


def main():
    program, folder = sys.argv[1:]
    scraper = prometheus(folder)
    with server(program) as (port, child, ended):
        config = os.path.join(folder, "prometheus.yml")
        os.makedirs(folder, exist_ok=True)
        with open(config, "w") as out:
            out.write(f"scrape_configs:\n- job_name: json_server\n  scrape_interval: 1s\n  static_configs:\n  - targets: ['127.0.0.1:{port}']\n")
        own = free_port()
        log = open(os.path.join(folder, "log"), "w")
        running = subprocess.Popen([scraper, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{own}",
                                    f"--storage.tsdb.path={folder}/data"], stdout=log, stderr=log)
        try:
            up, live = [], []
            for _ in range(120):
                time.sleep(0.5)
                try:
                    up, live = ask(own, "up"), ask(own, 'autopmr_live_bytes%7Bsubsystem%3D%22json_server.data%22%7D')
                except OSError:
                    continue
                if up and up[0]["value"][1] == "1" and live:
                    break
        finally:
            running.terminate()
            running.wait(30)
            shutil.rmtree(f"{folder}/data", ignore_errors=True)
    if not up or up[0]["value"][1] != "1":
        sys.exit(f"prometheus did not scrape the server: {up}")
    if not live or int(live[0]["value"][1]) < 100000:
        sys.exit(f"prometheus does not know the bytes of the data: {live}")
    print("scraped:", live[0]["metric"], live[0]["value"][1], "bytes")


main()
