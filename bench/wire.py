"""What passes on the loopback interface, with the kernel's time stamps: latencies come from there, not from the load."""
import re
import socket
import struct
import threading

from load import AGENT, CALLER, quantiles

ETH_P_IP, SO_TIMESTAMPNS, SO_RCVBUFFORCE = 0x0800, 35, 33
CALL_ID = re.compile(rb"(?im)^(?:Call-ID|i) *: *(\S+)")
MEDIA = re.compile(rb"m=audio (\d+)")


class Wire:
    """Records UDP on `lo` until it is closed."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind(("lo", ETH_P_IP))
        self.socket.settimeout(0.2)
        self.packets, self.open = [], True
        self.thread = threading.Thread(target=self.record)
        self.thread.start()

    def record(self):
        while self.open:
            try:
                packet, ancillary, *_ = self.socket.recvmsg(2048, 64)
            except TimeoutError:
                continue
            if packet[9] == socket.IPPROTO_UDP:
                seconds, nanos = struct.unpack("qq", ancillary[0][2])
                header = 4 * (packet[0] & 15)
                source, target = struct.unpack_from("!HH", packet, header)
                self.packets.append((seconds * 1000 + nanos / 1e6, source, target, packet[header + 8:]))

    def close(self):
        self.open = False
        self.thread.join()
        self.socket.close()

    def latencies(self):
        """p50 and p99 in milliseconds from a caller's INVITE to what comes of it.

        The agent's INVITE does not name the caller's: they are matched in their order, which holds at a low rate.
        """
        invited, answered, first, ports, rung, spans = {}, {}, {}, {}, 0, {"answer": [], "end": [], "rtp": [], "agent": []}
        order = []
        for at, source, target, body in sorted(self.packets, key=lambda packet: packet[0]):
            name = CALL_ID.search(body)
            name = name and name[1]
            if source == CALLER and body.startswith(b"INVITE ") and name not in invited:
                invited[name] = at
                order.append(at)
            elif target == CALLER and body.startswith(b"SIP/2.0 200") and MEDIA.search(body) and name not in answered:
                answered[name] = at
                ports[int(MEDIA.search(body)[1])] = name
                spans["answer"].append(at - invited[name])
            elif target == CALLER and body.startswith(b"BYE ") and name in invited:
                spans["end"].append(at - invited.pop(name))
            elif target == AGENT and body.startswith(b"INVITE ") and name not in first:
                first[name] = at
                spans["agent"].append(at - order[rung])
                rung += 1
            elif source in ports and ports[source] not in first and body[:1] == b"\x80":
                first[ports[source]] = at
                spans["rtp"].append(at - invited[ports[source]])
        return {what: quantiles(values) for what, values in spans.items()}
