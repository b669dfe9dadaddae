"""A program that the bench runs: on its side's core, ahead of other work, and measured."""
import os
import pathlib
import socket
import subprocess
import sys
import time

CORES = {"server": 0, "load": 1}
TICKS = os.sysconf("SC_CLK_TCK")


def start(side, command, cwd, log=subprocess.DEVNULL, **more):
    """Starts a program in a session of its own; as root with the best nice value."""
    first = ["nice", "-n", "-20"] if os.geteuid() == 0 else []
    command = [*first, "taskset", "-c", str(CORES[side]), *map(str, command)]
    process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **more)
    try:
        # Where the kernel groups processes by session, a nice value counts only within it: this lifts the group.
        pathlib.Path(f"/proc/{process.pid}/autogroup").write_text("-20")
    except OSError:
        pass
    return process


def rows(process):
    """What the kernel says of each process of a program's session."""
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            row = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(row[3]) == process.pid:
            yield row


def cpu(process):
    """User and system seconds so far."""
    return sum(int(row[11]) + int(row[12]) for row in rows(process)) / TICKS


class Program:
    """A measured program, on the server's core."""

    def __init__(self, command, cwd):
        self.log = cwd / "program.log"
        self.process = start("server", command, cwd, open(self.log, "w"), env={**os.environ, "RUST_LOG": "warn"})

    def cpu(self):
        """User and system seconds so far."""
        return cpu(self.process)

    def memory(self):
        """Resident kilobytes."""
        return sum(int(row[21]) for row in rows(self.process)) * os.sysconf("SC_PAGE_SIZE") / 1024

    def ready(self, port):
        """Waits until it answers OPTIONS."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            probe.settimeout(0.2)
            here = "127.0.0.1:%d" % probe.getsockname()[1]
            for number in range(100):
                if self.process.poll() is not None:
                    sys.exit(f"{self.process.args[-1]} ended at once:\n{self.log.read_text()[-2000:]}")
                probe.sendto((f"OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKo{number}\r\n"
                              f"From: <sip:o@{here}>;tag=o{number}\r\nTo: <sip:127.0.0.1>\r\nCall-ID: o{number}\r\nCSeq: 1 OPTIONS\r\n"
                              "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode(), ("127.0.0.1", port))
                try:
                    probe.recv(4096)
                    return self
                except OSError:
                    time.sleep(0.1)
        sys.exit("the server did not answer OPTIONS within 30 s")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
