/** G.711 (ITU-T), decoded: an octet is a sample from -1 to 1. */

export type Codec = "PCMU" | "PCMA";

/** What 16-bit samples are divided by. */
const FULL = 32_768;

function mu(octet: number): number {
  const bits = ~octet & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
  return (bits & 0x80 ? -magnitude : magnitude) / FULL;
}

function a(octet: number): number {
  const bits = octet ^ 0x55;
  const segment = (bits & 0x70) >> 4;
  const step = (bits & 0x0f) << 4;
  const magnitude = segment === 0 ? step + 8 : (step + 0x108) << (segment - 1);
  return (bits & 0x80 ? magnitude : -magnitude) / FULL;
}

const TABLES: Record<Codec, Float32Array> = {
  PCMU: Float32Array.from({ length: 256 }, (_, octet) => mu(octet)),
  PCMA: Float32Array.from({ length: 256 }, (_, octet) => a(octet)),
};

/** The samples of a packet. */
export function decode(codec: Codec, octets: Uint8Array): Float32Array<ArrayBuffer> {
  const table = TABLES[codec];
  return Float32Array.from(octets, (octet) => table[octet] ?? 0);
}
