"""Yardsticks beside the server's figures, where Debian has them installed: Kamailio's signalling and rtpengine's relay."""
import random
import re
import shutil
import socket
import threading
import time

import load

RATE, SECONDS, RELAYED = 4000, 4, 100
KAMAILIO = """#!KAMAILIO
fork=yes
children=1
log_stderror=yes
listen=udp:127.0.0.1:5060
loadmodule "pv.so"
loadmodule "sl.so"
loadmodule "textops.so"
request_route {
    if (is_method("ACK")) exit;
    if (is_method("INVITE")) append_to_reply("Contact: <sip:k@127.0.0.1:5060>\\r\\n");
    sl_send_reply("200", "OK");
}
"""


def kamailio(folder, program):
    """Stateless answers to INVITE and BYE."""
    if not shutil.which("kamailio"):
        return print("  Kamailio is not installed: no figure")
    folder.mkdir()
    (folder / "kamailio.cfg").write_text(KAMAILIO)
    server = program(["kamailio", "-DD", "-m", "128", "-f", str(folder / "kamailio.cfg"), "-w", str(folder), "-Y", str(folder)], folder).ready(load.SERVER)
    try:
        before = server.cpu()
        told = load.call(folder / "load", "signalling", RATE, RATE * SECONDS)
        cpu = (server.cpu() - before) * 1000 / max(1, told["ok"])
    finally:
        server.stop()
    print(f"  Kamailio, INVITE and BYE answered without state, {RATE}/s: {told['failed']} failed, {cpu:.3f} ms of CPU a call")


def rtpengine(folder, program):
    """Relays G.711 both ways between pairs of sockets."""
    if not shutil.which("rtpengine"):
        return print("  rtpengine is not installed: no figure")
    folder.mkdir()
    server = program(["rtpengine", "--foreground", "--log-stderr", "--log-level=3", "--table=-1", "--interface=127.0.0.1", "--listen-ng=127.0.0.1:2223",
                      "--port-min=20000", "--port-max=30000", "--num-threads=1", f"--pidfile={folder}/pid"], folder)
    try:
        ends = relays(server)
        stop = threading.Event()
        sender = threading.Thread(target=speak, args=(ends, stop))
        sender.start()
        time.sleep(1)
        before, began = server.cpu(), time.monotonic()
        time.sleep(SECONDS)
        cpu = (server.cpu() - before) / (time.monotonic() - began)
        stop.set()
        sender.join()
    finally:
        server.stop()
    print(f"  rtpengine, {RELAYED} calls relayed: {cpu * 1000 / RELAYED:.2f} ms of CPU a call-second")


def relays(server):
    """Sets the calls up by the ng protocol: each end's socket and where it is to send."""
    control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    control.settimeout(0.3)
    ends = []
    for call in range(RELAYED):
        pair = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for end in pair:
            end.bind(("127.0.0.1", 0))
        base = {"call-id": f"call{call}", "from-tag": "f"}
        offered = ask(control, {**base, "command": "offer", "sdp": sdp(pair[0])})
        answered = ask(control, {**base, "command": "answer", "to-tag": "t", "sdp": sdp(pair[1])})
        ends += [(pair[0], answered), (pair[1], offered)]
    return ends


def ask(control, words):
    """One question in bencode; gives the port in the SDP of the answer."""
    text = "".join(f"{len(name)}:{name}{len(value)}:{value}" for name, value in sorted(words.items()))
    message = f"{random.getrandbits(48):x} d{text}e".encode()
    for _ in range(30):
        control.sendto(message, ("127.0.0.1", 2223))
        try:
            return int(re.search(rb"m=audio (\d+)", control.recv(8192))[1])
        except (OSError, TypeError):
            time.sleep(0.1)
    raise SystemExit(f"rtpengine does not answer {words['command']}")


def sdp(end):
    return f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {end.getsockname()[1]} RTP/AVP 0\r\n"


def speak(ends, stop):
    """Sends 172 bytes every 20 ms from each end."""
    number, due = 0, time.monotonic()
    while not stop.is_set():
        for place, (end, port) in enumerate(ends):
            packet = b"\x80\x00" + (number & 65535).to_bytes(2, "big") + (number * 160 & 0xFFFFFFFF).to_bytes(4, "big") + place.to_bytes(4, "big") + bytes(160)
            end.sendto(packet, ("127.0.0.1", port))
        number, due = number + 1, due + 0.02
        stop.wait(max(0, due - time.monotonic()))
