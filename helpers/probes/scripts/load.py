"""``load.py HOST PORT PATH INTERVAL BOUND ROUNDS STOP``: sends a web request every INTERVAL seconds.

One process sends them all: starting a program for each would itself be a load. Each request has its own
thread and connection, and begins on time whether or not earlier ones have ended. The load ends when the file
STOP exists, or after ROUNDS requests. Records and their fields are those of `helpers.probes.inside`.
"""

import os
import socket
import sys
import threading
import time


def clock() -> float:
    """One clock for all machines of a lab, which share a kernel."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def say(*fields: object) -> None:
    """Write a record in one call, so that those of several threads cannot mix."""
    os.write(1, ("\x1f".join(map(str, fields)) + "\x1e").encode())


def ask(host: str, port: int, path: str, bound: float, number: int, began: float) -> None:
    """Send one request and report its outcome: error, number, duration, moment · status · beginning."""
    status, error = 0, ""
    try:
        with socket.create_connection((host, port), bound) as connection:
            connection.sendall(f"GET {path}={number} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
            status = int(connection.recv(4096).split()[1])
    except (OSError, IndexError, ValueError) as failure:
        error = getattr(failure, "strerror", None) or str(failure)
    say(f"{error}\x1d{number}\x1d{clock() - began}\x1d{time.time() - clock() + began}", status, began)


def main() -> None:
    """Start all requests, then wait until they have ended."""
    host, port, path, interval, bound, rounds, stop = sys.argv[1:]
    threads = []
    began = clock()
    for number in range(int(rounds)):
        if os.path.exists(stop):  # noqa: PTH110 (pathlib takes long to load)
            break
        moment = began + number * float(interval)
        time.sleep(max(0, moment - clock()))
        now = clock()
        say("", now)
        request = (host, int(port), path, float(bound), number, now)
        threads.append(threading.Thread(target=ask, args=request))
        threads[-1].start()
    for thread in threads:
        thread.join()
    say("", "", "", "")


if __name__ == "__main__":
    main()
