"""Callers with a steady voice: SIPp sends its RTP up to 20 ms off its time, these keep theirs to a fraction of a millisecond.

`python3 callers.py NUMBER COUNT SECONDS`: so many calls to that number, placed in turn; `speaking` on the output; RTP for so many seconds;
then they hang up.
"""
import re
import socket
import struct
import sys
import time

from load import SERVER

HOST = "127.0.0.1"
PLACE = (HOST, SERVER)
FIRST_PORT = 10000
PACE = 0.05  # between two calls that are placed
PACKET_MS, PHASES, SAMPLES = 20, 20, 160  # each millisecond is another share's turn
VOICE = bytes([0xE7, 0xD3, 0xCE, 0xD3, 0xE7, 0x67, 0x53, 0x4E, 0x53, 0x67]) * (SAMPLES // 10)  # a quiet hum in PCMU


class Caller:
    def __init__(self, sip, number, called):
        self.sip, self.number, self.to = sip, number, f"<sip:{called}@{HOST}>"
        self.local = "%s:%d" % sip.getsockname()
        self.uri = f"sip:{called}@{HOST}:{SERVER}"
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind((HOST, FIRST_PORT + 2 * number))
        self.packet = bytearray(struct.pack("!BBHII", 0x80, 0, 0, 0, number + 1) + VOICE)

    def send(self, method, sequence, body=""):
        kind = "Content-Type: application/sdp\r\n" if body else ""
        number = self.number
        self.sip.sendto((
            f"{method} {self.uri} SIP/2.0\r\nVia: SIP/2.0/UDP {self.local};branch=z9hG4bK{number}{method}\r\n"
            f"From: <sip:+918055{number:06}@{HOST}>;tag=c{number}\r\nTo: {self.to}\r\nCall-ID: talk-{number}@{HOST}\r\n"
            f"CSeq: {sequence} {method}\r\nMax-Forwards: 70\r\nContact: <sip:caller@{self.local}>\r\n{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode(), PLACE)

    def answered(self):
        """The server's 200 to this call; what comes before it is passed over."""
        while True:
            message = self.sip.recv(4096).decode()
            status = message.split(" ", 2)[1]
            if status >= "300":
                sys.exit(f"call {self.number}: {message.splitlines()[0]}")
            if status == "200" and f"talk-{self.number}@" in message:
                return message

    def call(self):
        port = self.rtp.getsockname()[1]
        self.send("INVITE", 1, f"v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n")
        answer = self.answered()
        self.to = re.search(r"(?mi)^To: *(.*?)\r?$", answer)[1]
        self.uri = re.search(r"(?mi)^Contact: *<([^>]*)>", answer)[1]
        self.rtp.connect((HOST, int(re.search(r"m=audio (\d+)", answer)[1])))
        self.send("ACK", 1)

    def say(self, number):
        struct.pack_into("!HI", self.packet, 2, number & 0xFFFF, number * SAMPLES & 0xFFFFFFFF)
        try:
            self.rtp.send(self.packet)
        except ConnectionRefusedError:
            pass  # the server may have hung up; its BYE is not waited for

    def hang_up(self):
        self.send("BYE", 2)
        self.answered()


def main():
    called, count, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sip.bind((HOST, 0))
    sip.settimeout(5)
    callers = [Caller(sip, number, called) for number in range(count)]
    for caller in callers:
        caller.call()
        time.sleep(PACE)
    print("speaking", flush=True)
    shares = [callers[phase::PHASES] for phase in range(PHASES)]
    began = time.monotonic()
    for number in range(seconds * 1000 // PACKET_MS):
        for phase, share in enumerate(shares):
            left = began + (number * PACKET_MS + phase * PACKET_MS / PHASES) / 1000 - time.monotonic()
            if left > 0:
                time.sleep(left)
            for caller in share:
                caller.say(number)
    for caller in callers:
        caller.hang_up()


if __name__ == "__main__":
    main()
