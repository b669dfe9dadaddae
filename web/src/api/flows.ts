/** The API of flows: documents, drafts, versions, rehearsals. */
import type { Schema } from "../flow/form";
import type { Line, Step } from "../flow/path";
import type { Port } from "../flow/ports";
import type { Diagnostic } from "../flow/problems";
import { ApiFault, type Problem } from "./client";

export type Applet = {
  name: string;
  title: string;
  summary: string;
  group: string;
  schema: Schema;
  exits: string[];
  example: string;
};

export type CompiledNode = { name: string; applet: string; exits: Port[] };

export type Compilation = { nodes: CompiledNode[]; diagnostics: Diagnostic[] };

export type Version = { version: number; message: string; author: string; at: string };

export type Flow = {
  name: string;
  file: string;
  published?: (Version & { document: string }) | null;
  draft?: { document: string; at: string; author: string } | null;
  diagnostics: Diagnostic[];
  numbers: string[];
  revision: string;
};

export type FlowSummary = {
  name: string;
  nodes: number;
  version?: number | null;
  numbers: string[];
  diagnostics: string[];
  draft?: boolean | null;
};

export type Wanted = {
  document: string;
  press: string[];
  web: Record<string, string>;
  answer: Record<string, string>;
};

export type Rehearsal = {
  steps: Step[];
  events: Line[];
  ladder: string;
  requests: { url: string; method: string; fields: Record<string, string | string[]> }[];
  cause?: { name?: string | null; value: number } | null;
  /** What went wrong. */
  troubles: string[];
  /** Who was dialled and what was asked without being named. */
  strangers: string[];
  test: string;
};

/** A problem that names what is wrong with the document, too. */
export type DocumentProblem = Problem & { diagnostics?: Diagnostic[] };

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const sent =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await fetch(`/api/v1${path}`, { method, ...sent });
  const text = await response.text();
  if (response.ok) return (text ? JSON.parse(text) : undefined) as T;
  throw new ApiFault(response.status, problem(text, response.status));
}

function problem(text: string, status: number): Problem {
  try {
    return JSON.parse(text) as Problem;
  } catch {
    return { title: `The server answered ${status}.` } as Problem;
  }
}

const at = (name: string, rest = "") => `/flows/${encodeURIComponent(name)}${rest}`;

export const flows = {
  applets: () => ask<{ applets: Applet[] }>("GET", "/applets").then(({ applets }) => applets),
  list: () => ask<{ flows: FlowSummary[] }>("GET", "/flows").then(({ flows }) => flows),
  create: (name: string, document?: string) => ask<unknown>("POST", "/flows", { name, ...(document && { document }) }),
  show: (name: string) => ask<Flow>("GET", at(name)),
  compile: (document: string) => ask<Compilation>("POST", "/flows/compile", { document }),
  save: (name: string, document: string, revision: string) =>
    ask<{ revision: string }>("PUT", at(name, "/draft"), { document, revision }),
  discard: (name: string) => ask<unknown>("DELETE", at(name, "/draft")),
  publish: (name: string, message: string, revision: string) =>
    ask<{ version: number }>("POST", at(name, "/publish"), { message, revision }),
  versions: (name: string) =>
    ask<{ versions: (Version & { current: boolean })[] }>("GET", at(name, "/versions")).then(
      ({ versions }) => versions,
    ),
  version: (name: string, version: number) =>
    ask<Version & { document: string }>("GET", at(name, `/versions/${version}`)),
  restore: (name: string, version: number, message: string) =>
    ask<{ version: number }>("POST", at(name, `/versions/${version}/restore`), { message }),
  rehearse: (wanted: Wanted) => ask<Rehearsal>("POST", "/rehearsals", wanted),
  journal: (call: string) =>
    ask<{ events: Line[] }>("GET", `/calls/${encodeURIComponent(call)}/events`).then(({ events }) => events),
};
