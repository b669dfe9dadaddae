import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import type { AddressInfo } from "node:net";

/** How a call goes that is written by hand, to say what no softphone says. */
export interface Caller {
  /** The whole value of the From field, without its tag. */
  from: string;
  number: string;
  /** Seconds of a tone that is said once the call is answered. */
  tone?: number;
}

/** Places a call by hand over UDP, acknowledges what must be, and waits until the server ends it. */
export async function place(
  { host, port }: { host: string; port: number },
  { from, number, tone = 0 }: Caller,
): Promise<void> {
  const [sip, rtp] = await Promise.all([bound(), bound()]);
  const [at, heard] = [(sip.address() as AddressInfo).port, (rtp.address() as AddressInfo).port];
  const id = randomBytes(8).toString("hex");
  const say = (lines: string[], body = "") =>
    sip.send(`${[...lines, `Content-Length: ${Buffer.byteLength(body)}`].join("\r\n")}\r\n\r\n${body}`, port, host);
  const head = (method: string, to: string) => [
    `${method} sip:${number}@${host}:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${at};branch=z9hG4bK${id}${method}`,
    "Max-Forwards: 70",
    `From: ${from};tag=${id}`,
    `To: ${to}`,
    `Call-ID: ${id}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:caller@127.0.0.1:${at}>`,
  ];
  const offer = [
    "v=0",
    "o=c 1 1 IN IP4 127.0.0.1",
    "s=-",
    "c=IN IP4 127.0.0.1",
    "t=0 0",
    `m=audio ${heard} RTP/AVP 0`,
    "",
  ].join("\r\n");
  try {
    await new Promise<void>((resolve, reject) => {
      let answered = false;
      sip.on("message", (bytes) => {
        const message = bytes.toString();
        const status = Number(/^SIP\/2\.0 (\d{3})/.exec(message)?.[1] ?? 0);
        if (status >= 200) say(head("ACK", field(message, "To")));
        if (status >= 300) reject(new Error(message.split("\r\n")[0]));
        else if (status >= 200 && !answered) {
          answered = true;
          if (tone > 0) void speak(rtp, Number(/m=audio (\d+)/.exec(message)?.[1]), tone);
        } else if (message.startsWith("BYE ")) {
          const same = ["Via", "From", "To", "Call-ID", "CSeq"].map((name) => `${name}: ${field(message, name)}`);
          say(["SIP/2.0 200 OK", ...same]);
          resolve();
        }
      });
      say([...head("INVITE", `<sip:${number}@${host}>`), "Content-Type: application/sdp"], offer);
    });
  } finally {
    sip.close();
    rtp.close();
  }
}

function bound(): Promise<Socket> {
  const socket = createSocket("udp4");
  return new Promise((resolve) => socket.bind(0, "127.0.0.1", () => resolve(socket)));
}

function field(message: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, "im").exec(message)?.[1]?.trim() ?? "";
}

const FRAME = 160;

/** Says a tone that swells and falls, a packet of PCMU each 20 ms, then silence until the call is over. */
async function speak(rtp: Socket, port: number, seconds: number): Promise<void> {
  for (let sequence = 0; sequence < 50 * 30; sequence++) {
    const packet = Buffer.alloc(12 + FRAME);
    packet.writeUInt8(0x80, 0);
    packet.writeUInt16BE(sequence, 2);
    packet.writeUInt32BE(sequence * FRAME, 4);
    packet.writeUInt32BE(1, 8);
    for (let at = 0; at < FRAME; at++) {
      const time = (sequence * FRAME + at) / 8000;
      const loud = time < seconds ? 12_000 * Math.abs(Math.sin(time * 2.3)) * (0.6 + 0.4 * Math.sin(time * 17)) : 0;
      packet.writeUInt8(ulaw(loud * Math.sin(2 * Math.PI * 440 * time)), 12 + at);
    }
    const sent = await new Promise<boolean>((resolve) => {
      try {
        rtp.send(packet, port, "127.0.0.1", (error) => resolve(!error));
      } catch {
        resolve(false);
      }
    });
    if (!sent) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A sample by the µ-law (G.711). */
function ulaw(sample: number): number {
  const size = Math.min(32_635, Math.abs(Math.round(sample))) + 132;
  const exponent = Math.floor(Math.log2(size)) - 7;
  const mantissa = (size >> (exponent + 3)) & 0x0f;
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | mantissa) & 0xff;
}
