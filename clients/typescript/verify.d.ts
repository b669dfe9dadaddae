/** Why a request is not believed; `code` is for programs. */
export class Refused extends Error {
  code: "missing" | "malformed" | "stale" | "future" | "unknown_version" | "mismatch";
}

/**
 * Returns if the request was signed with one of `secrets` (`whsec_...`), and throws Refused otherwise.
 *
 * url: the public one, as it was asked; headers: `request.headers`, names in lower case; body: a Buffer or string, as it
 * came; now: Unix seconds, Date.now() / 1000.
 */
export function verify(
  secrets: string[],
  method: string,
  url: string,
  headers: Record<string, string | string[] | undefined>,
  body: string | Uint8Array,
  now: number,
): void;
