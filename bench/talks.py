"""Streams on the wire: when each message left for the bot and each RTP packet came and went, by the kernel's time stamps.

A filter in the kernel (classic BPF, packet(7)) lets through what counts and cuts it short, so that a recorder in Python keeps up.
"""
import ctypes
import math
import socket
import struct
import threading

from load import BOT

ETH_P_IP, SO_TIMESTAMPNS, SO_RCVBUFFORCE, SO_ATTACH_FILTER = 0x0800, 35, 33, 26
SOL_PACKET, PACKET_STATISTICS = 263, 6
PORTS = (20000, 39999)  # the server's audio: adapter/conf/passthru.toml
KEPT = 64  # the headers of IP, of UDP or TCP, and of RTP
SHARES = (0.5, 0.95, 0.99)


def program():
    """Passes TCP to the bot and UDP from and to the server's audio ports; offsets are those of an IP packet without options."""
    load_byte, load_half, equal, at_least, more, give = 0x30, 0x28, 0x15, 0x35, 0x25, 0x06
    lines = [
        (load_byte, 0, 0, 9),
        (equal, 0, 2, socket.IPPROTO_TCP),
        (load_half, 0, 0, 22),
        (equal, 8, 7, BOT),
        (equal, 0, 6, socket.IPPROTO_UDP),
        (load_half, 0, 0, 20),
        (at_least, 0, 1, PORTS[0]),
        (more, 0, 4, PORTS[1]),
        (load_half, 0, 0, 22),
        (at_least, 0, 1, PORTS[0]),
        (more, 0, 1, PORTS[1]),
        (give, 0, 0, 0),
        (give, 0, 0, KEPT),
    ]
    return len(lines), b"".join(struct.pack("HBBI", *line) for line in lines)


class Talks:
    """Records until it is closed."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        count, code = program()
        buffer = ctypes.create_string_buffer(code)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", count, ctypes.addressof(buffer)))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 256 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind(("lo", ETH_P_IP))
        self.socket.settimeout(0.2)
        self.packets, self.open = [], True
        self.thread = threading.Thread(target=self.record)
        self.thread.start()

    def record(self):
        receive, keep = self.socket.recvmsg, self.packets.append
        while True:
            try:
                packet, ancillary, *_ = receive(KEPT, 64)
            except TimeoutError:
                if not self.open:  # on a busy machine it lags behind: what came before the end is read first
                    return
                continue
            keep((ancillary[0][2], packet))

    def close(self):
        """Ends; how many packets it missed."""
        self.open = False
        self.thread.join()
        _, missed = struct.unpack("II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        self.socket.close()
        return missed

    def flows(self, since, until):
        """Between two times in ms: the times of each flow of each kind, and how many RTP sequence numbers each kind lacks."""
        flows, last, lost = {"said": {}, "frames": {}, "heard": {}}, {}, {"said": 0, "heard": 0}
        for stamp, packet in self.packets:
            at = stamp_ms(stamp)
            if not since <= at < until:
                continue
            source, target = struct.unpack_from("!HH", packet, 20)
            if packet[9] == socket.IPPROTO_TCP:
                headers = 20 + 4 * (packet[32] >> 4)
                if struct.unpack_from("!H", packet, 2)[0] > headers:  # not a mere acknowledgement
                    flows["frames"].setdefault(source, []).append(at)
                continue
            kind, port = ("heard", source) if PORTS[0] <= source <= PORTS[1] else ("said", target)
            if port % 2:  # RTCP
                continue
            flows[kind].setdefault(port, []).append(at)
            number = struct.unpack_from("!H", packet, 30)[0]
            if (kind, port) in last:
                lost[kind] += (number - last[kind, port] - 1) % 65536
            last[kind, port] = number
        return flows, lost


def stamp_ms(stamp):
    seconds, nanos = struct.unpack("qq", stamp)
    return seconds * 1000 + nanos / 1e6


def spacing(flows, usual):
    """How far the packets of these flows are from their usual distance, in ms: p50, p95, p99, the most; and how many there were."""
    off = sorted(abs(after - before - usual) for times in flows.values() for before, after in zip(times, times[1:]))
    if not off:
        return (math.nan,) * 4, 0
    return tuple(off[min(len(off) - 1, int(len(off) * share))] for share in SHARES) + (off[-1],), len(off)
