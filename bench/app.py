"""The application of the bench: answers callouts at once, counts them, and takes the prompt's RTP.

`python3 app.py`: HTTP on 8090; `GET /counts` tells and clears the counts. A call to 2003 is redirected, every other one gets 200.
"""
import asyncio
import json
import re
import socket

HTTP, SINK = 8090, 7000
REDIRECTED = re.compile(rb"[?&]CallTo=[^& ]*2003[& ]")
counts = {"passthru": 0, "report": 0}


def answer(head):
    path = head.split(b" ", 2)[1]
    if path.startswith(b"/counts"):
        body = json.dumps(counts).encode()
        counts.update(passthru=0, report=0)
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    counts["report" if path.startswith(b"/report") else "passthru"] += 1
    status = b"302 Found" if path.startswith(b"/passthru") and REDIRECTED.search(head) else b"200 OK"
    return b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % status


class Connection(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.read = transport, b""

    def data_received(self, data):
        *heads, self.read = (self.read + data).split(b"\r\n\r\n")
        if heads:
            self.transport.write(b"".join(map(answer, heads)))


async def main():
    # Nobody reads it: what does not fit is dropped by the kernel, after the sender has paid for it.
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.bind(("127.0.0.1", SINK))
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", HTTP, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
