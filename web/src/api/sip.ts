import { ApiFault, type Problem } from "./client";

/** A SIP message of a call. */
export interface SipMessage {
  n: number;
  leg: number;
  direction: "received" | "sent";
  at_ms: number;
  wall: string;
  transport: string;
  local: string;
  remote: string;
  start_line: string;
  cseq: string;
  call_id: string;
  status: number | null;
  method: string | null;
  retransmission: boolean;
  raw: string;
}

export interface SipMessages {
  messages: SipMessage[];
  /** Messages that there was no room for. */
  left_out: number;
}

/** The SIP messages of a call; null from a server that keeps none. */
export async function sipOf(sid: string): Promise<SipMessages | null> {
  const response = await fetch(`/api/v1/calls/${encodeURIComponent(sid)}/sip`);
  if (response.ok) return response.json();
  const problem = (await response.json().catch(() => null)) as Problem | null;
  if (response.status === 404 && problem?.type !== "urn:passthru:problem:no-such-call") return null;
  throw new ApiFault(response.status, problem ?? ({ title: `The server answered ${response.status}.` } as Problem));
}
