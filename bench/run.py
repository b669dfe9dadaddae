#!/usr/bin/env python3
"""Measures the release build: calls a second, CPU a call, bridged calls, memory, latencies. README.md says how.

    bench/run.py [a] [b] [c] [v] [latency] [anchors] [--binary PATH] [--calls N] [--bots N]

Everything runs in a network of its own (`unshare`), so it meets no other program's ports; as root it also goes before other work.
"""
import argparse
import json
import math
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
import wave

import anchors
import app
import load
from program import CORES, Program, cpu, start
from talks import Talks, spacing
from wire import Wire

HERE = pathlib.Path(__file__).resolve().parent
STEP_SECONDS, STEPS, HOLD_SECONDS, CALM_RATE, CALM_SECONDS = 4, 9, 10, 20, 6
FIRST_RATE = {"a": 600, "b": 250}
FULL_SECONDS, TICKS_A_SECOND, API = 10, 500, 8081
PROMPT_SECONDS = 2
TALK_SECONDS, SETTLE_SECONDS = 24, 2
BOTS = {100: "2010", 20: "2011"}  # called number by ms of a message
LATE, LOST = "passthru_rtp_late_ticks_total", "passthru_streamed_lost_total"


def tone(path):
    """A tone of 440 Hz as a WAV."""
    samples = [int(8000 * math.sin(2 * math.pi * 440 * i / 8000)) for i in range(8000 * PROMPT_SECONDS)]
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(struct.pack(f"<{len(samples)}h", *samples))


class Bench:
    def __init__(self, binary, folder):
        self.binary, self.folder, self.number = binary, folder, 0
        (folder / "caller.ul").write_bytes(bytes([0xE7, 0xD3, 0xCE, 0xD3, 0xE7, 0x67, 0x53, 0x4E, 0x53, 0x67]) * 800)  # a quiet hum in PCMU
        self.helpers = [start("load", [sys.executable, str(HERE / "app.py")], folder)]
        self.helpers.append(load.sipp(folder / "agent", load.agent(), ["-p", load.AGENT, "-mp", 6000, "-rtp_echo"]))
        self.counts()

    def counts(self):
        """Callouts that came since the last question."""
        for _ in range(50):
            try:
                return json.load(urllib.request.urlopen(f"http://127.0.0.1:{app.HTTP}/counts", timeout=5))
            except OSError:
                time.sleep(0.1)
        sys.exit("the bench's own application did not start")

    def fresh(self):
        self.number += 1
        return self.folder / f"run-{self.number}"

    def server(self):
        """A fresh server, with the adapter's configuration."""
        run = self.fresh()
        shutil.copytree(HERE / "adapter" / "conf", run / "conf")
        names = {"RUN": run, "HTTP": f"127.0.0.1:{app.HTTP}", "AGENT": f"127.0.0.1:{load.AGENT}"}
        for path in (run / "conf").rglob("*.*"):
            text = path.read_text()
            for name, value in names.items():
                text = text.replace(f"@{name}@", str(value))
            path.write_text(text)
        tone(run / "conf" / "flows" / "prompt.wav")
        return Program([str(self.binary), "serve", "--config", str(run / "conf" / "passthru.toml")], run).ready(load.SERVER)

    def step(self, scenario, rate, usual):
        """One rate: its figures, and whether the server kept up with it."""
        server, calls = self.server(), int(rate * STEP_SECONDS)
        try:
            self.counts()
            before = server.cpu()
            told = load.call(self.fresh(), scenario, rate, calls)
            counts, until = {"passthru": 0, "report": 0}, time.monotonic() + 4
            while min(counts.values()) < calls and time.monotonic() < until:
                counts = {name: counts[name] + count for name, count in self.counts().items()}
                time.sleep(0.2)
            told["cpu_ms"] = (server.cpu() - before) * 1000 / max(1, told["ok"])
        finally:
            server.stop()
        told["held"] = (told["failed"] <= calls / 1000 and told["rate"] >= 0.96 * rate and min(counts.values()) >= calls * 0.999
                        and told["resent"] <= calls * 0.02 and told["answer"][1] <= 500
                        and told["whole"][0] <= usual + 100 and told["whole"][1] <= usual + 500)
        print(f"  {scenario} at {rate}/s: {'held' if told['held'] else 'not held'}, {told['failed']} of {calls} failed, "
              f"{told['cpu_ms']:.2f} ms of CPU a call, INVITE to 200 {told['answer'][1]:.0f} ms p99, ACK to BYE "
              f"{told['whole'][0]:.0f}/{told['whole'][1]:.0f} ms, callouts {counts['passthru']}+{counts['report']}", flush=True)
        return told

    def rate(self, scenario):
        """The highest rate that is held: up by half, then once between."""
        usual = PROMPT_SECONDS * 1000 if scenario == "b" else 0
        rate, held, lost = FIRST_RATE[scenario], None, None
        for _ in range(STEPS):
            told = self.step(scenario, rate, usual)
            if told["held"]:
                held = (rate, told)
            else:
                lost = rate
            if lost and held and lost / held[0] < 1.3:
                break
            rate = int(rate * 1.5) if not lost else int(math.sqrt(lost * held[0])) if held else int(rate / 1.5)
        return held

    def punctual(self, rate):
        """Ticks of the media thread at that rate of b whose last packet left over 2 ms late, by the server's own count."""
        server, seen = self.server(), []
        try:
            load.call(self.fresh(), "b", rate, rate * FULL_SECONDS, watch=lambda seconds: seen.append((seconds, metric(LATE))))
        finally:
            server.stop()
        # As many prompts as there will be are playing only after the first of them has ended.
        flat = [row for row in seen if PROMPT_SECONDS + 1 <= row[0] <= FULL_SECONDS]
        ticks = round((flat[-1][0] - flat[0][0]) * TICKS_A_SECOND)
        print(f"  b at {rate}/s: {flat[-1][1] - flat[0][1]} of {ticks} ticks left over 2 ms late", flush=True)

    def bridged(self, calls):
        """That many bridged calls at a time, RTP both ways."""
        server, seen = self.server(), []
        try:
            empty = server.memory()
            drops = udp_drops()
            watch = lambda seconds: seen.append((seconds, server.cpu(), server.memory()))
            told = load.call(self.fresh(), "c", calls / HOLD_SECONDS, 2 * calls, HOLD_SECONDS * 1000, self.folder / "caller.ul", watch)
            drops = udp_drops() - drops
        finally:
            server.stop()
        flat = [row for row in seen if HOLD_SECONDS + 1 <= row[0] <= 2 * HOLD_SECONDS - 1]
        cores = (flat[-1][1] - flat[0][1]) / (flat[-1][0] - flat[0][0])
        # SIPp's callers never read their RTP, so what reaches them is what the kernel drops.
        rtp = drops / (2 * calls * HOLD_SECONDS * 50)
        memory = (max(row[2] for row in seen) - empty) / calls
        print(f"  c, {calls} bridged: {told['failed']} failed, {told['resent']} resent, {cores:.2f} core, {cores * 1000 / calls:.2f} ms of CPU a call-second, "
              f"{memory:.0f} kB a call, RTP at the caller {rtp:.3f}", flush=True)
        return told["failed"] == 0 and rtp >= 0.97

    def talking(self, calls, frame):
        """That many calls at a time with a bot that gives back what it hears, in messages of so many ms."""
        server = self.server()
        bot = start("load", [self.binary, "bot", "echo", "--listen", f"127.0.0.1:{load.BOT}"], self.folder)
        talks = Talks()
        command = [sys.executable, HERE / "callers.py", BOTS[frame], calls, TALK_SECONDS]
        callers = start("load", command, self.folder, subprocess.PIPE, text=True)
        look = lambda: (time.time(), server.cpu(), cpu(callers), cpu(bot), time.process_time(), metric(LATE), metric(LOST))
        try:
            if callers.stdout.readline() != "speaking\n":
                sys.exit(f"the bench's own callers: {callers.stdout.read()}")
            time.sleep(SETTLE_SECONDS)
            before = look()
            time.sleep(TALK_SECONDS - 2 * SETTLE_SECONDS)
            after = look()
            if callers.wait(30):
                sys.exit(f"the bench's own callers: {callers.stdout.read()}")
        finally:
            missed = talks.close()
            for process in (callers, bot):
                process.kill()
                process.wait()
            server.stop()
        seconds, *cores, late, pieces = (now - then for then, now in zip(before, after))
        cores = [share / seconds for share in cores]
        flows, lost = talks.flows(before[0] * 1000, after[0] * 1000)
        print(f"  v, {calls} bots, messages of {frame} ms: {cores[0]:.2f} core, {cores[0] * 1000 / calls:.2f} ms of CPU a call-second; the load "
              f"{sum(cores[1:]):.2f} core (callers {cores[1]:.2f}, bot {cores[2]:.2f}, recorder {cores[3]:.2f}, which missed {missed} packets)\n"
              f"    lost: {lost['heard']} packets to callers, {pieces} pieces of streams, {lost['said']} packets of callers; "
              f"ticks over 2 ms late: {late} of {round(seconds * TICKS_A_SECOND)}", flush=True)
        for kind, usual, what in (("said", 20, "callers' RTP"), ("frames", frame, "messages to the bot"), ("heard", 20, "RTP to callers")):
            off, count = spacing(flows[kind], usual)
            print(f"    {what}: {count} in {len(flows[kind])} flows, off their {usual} ms by p50 {off[0]:.2f}, p95 {off[1]:.2f}, p99 {off[2]:.2f}, "
                  f"at most {off[3]:.1f} ms", flush=True)

    def latency(self, scenario):
        server, wire = self.server(), Wire()
        try:
            audio = self.folder / "caller.ul" if scenario == "c" else None
            told = load.call(self.fresh(), scenario, CALM_RATE, CALM_RATE * CALM_SECONDS, 500, audio)
        finally:
            wire.close()
            server.stop()
        names = {"answer": "INVITE to 200", "end": "to BYE", "rtp": "to first RTP", "agent": "to the agent's INVITE"}
        spans = ", ".join(f"{names[what]} {p50:.2f}/{p99:.2f}" for what, (p50, p99) in wire.latencies().items() if p99)
        print(f"  {scenario} at {CALM_RATE}/s, p50/p99 in ms: {spans}; {told['failed']} failed", flush=True)

    def close(self):
        for helper in self.helpers:
            helper.kill()
            helper.wait()


def metric(name):
    metrics = urllib.request.urlopen(f"http://127.0.0.1:{API}/metrics", timeout=5).read().decode()
    return int(next(line.split()[1] for line in metrics.splitlines() if line.startswith(f"{name} ")))


def udp_drops():
    head, row = (line.split() for line in open("/proc/net/snmp") if line.startswith("Udp:"))
    return int(row[head.index("RcvbufErrors")])


def own_network():
    """Starts over in a network of our own."""
    if os.environ.get("BENCH_NETWORK") != "own":
        user = [] if os.geteuid() == 0 else ["--map-root-user"]
        os.environ["BENCH_NETWORK"] = "own"
        os.execvp("unshare", ["unshare", *user, "--net", "--", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["a", "b", "c", "v", "latency", "anchors"], help="what to measure (all)")
    parser.add_argument("--binary", type=pathlib.Path, default=HERE.parent / "target/release/passthru")
    parser.add_argument("--calls", type=int, nargs="+", default=[200, 450, 800], help="bridged calls at a time")
    parser.add_argument("--bots", type=int, default=200, help="calls with a bot at a time")
    parser.add_argument("--keep", type=pathlib.Path, help="a new folder for what the programs write; it stays")
    options = parser.parse_args()
    for program in ("sipp", "taskset", "unshare", "ip"):
        if not shutil.which(program):
            sys.exit(f"{program} is not here; scripts/install bench")
    if not options.binary.exists():
        sys.exit(f"{options.binary} is not here: cargo build --release -p passthru-server")
    own_network()
    os.sched_setaffinity(0, {CORES["load"]})
    folder = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="passthru-bench-"))
    folder.mkdir(exist_ok=True)
    bench = Bench(options.binary.resolve(), folder)
    try:
        for scenario in (what for what in options.what if what in FIRST_RATE):
            held = bench.rate(scenario)
            print(f"{scenario}: {held[0]} calls/s held, {held[1]['cpu_ms']:.2f} ms of CPU a call" if held else f"{scenario}: no rate held", flush=True)
            if scenario == "b" and held:
                bench.punctual(held[0] // 2)
        if "c" in options.what:
            for calls in options.calls:
                if not bench.bridged(calls):
                    break
        if "v" in options.what:
            for frame in BOTS:
                bench.talking(options.bots, frame)
        if "latency" in options.what:
            for scenario in "abc":
                bench.latency(scenario)
        if "anchors" in options.what:
            anchors.kamailio(bench.fresh(), Program)
            anchors.rtpengine(bench.fresh(), Program)
    finally:
        bench.close()
        if not options.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
