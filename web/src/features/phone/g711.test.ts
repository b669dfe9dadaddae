import { expect, test } from "vitest";
import { decode } from "./g711";

test.each([
  ["PCMU", 0xff, 0],
  ["PCMU", 0x7f, 0],
  ["PCMU", 0x80, 32_124],
  ["PCMU", 0x00, -32_124],
  ["PCMU", 0xf0, 120],
  ["PCMA", 0xd5, 8],
  ["PCMA", 0x55, -8],
  ["PCMA", 0xaa, 32_256],
  ["PCMA", 0x2a, -32_256],
] as const)("%s %i is the sample %i of G.711", (codec, octet, sample) => {
  expect(decode(codec, Uint8Array.of(octet))[0]).toBeCloseTo(sample / 32_768, 9);
});
