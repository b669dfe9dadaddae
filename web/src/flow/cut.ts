/**
 * A flow's text cut into its nodes, so that reading and editing one of three hundred does not read all.
 *
 * Only the common shape is cut: `nodes:` at the margin, and the nodes' names below it, all as far from it. Whatever else there is,
 * such as JSON, is read as a whole.
 */

import { indent, isComment } from "./note";

export type Piece = { name: string; text: string; line: number };

export type Cut = { head: string; nodes: Piece[]; tail: string };

const NAME = /^( +)("(?:[^"\\]*)"|'[^']*'|[^\s'"#&*!|>%@`,[\]{}?:-][^#:]*?|-[^\s#:][^#:]*?)\s*:(?:\s|$)/;

/** Null if the text is not of that shape. */
export function cut(text: string): Cut | null {
  const lines = text.split("\n");
  const top = lines.findIndex((line) => /^nodes:\s*(#.*)?$/.test(line));
  if (top < 0) return null;
  const rest = lines.slice(top + 1);
  const length = rest.findIndex((line) => /^[^\s#]/.test(line));
  const below = length < 0 ? rest : rest.slice(0, length);
  const depth = /^ +/.exec(below.find((line) => /^ +[^\s#]/.test(line)) ?? "")?.[0].length;
  if (depth === undefined || below.some((line) => line.startsWith("\t"))) return null;
  const starts = below.flatMap((line, at) =>
    indent(line) <= depth && /[^\s#]/.test(line.trimStart()[0] ?? "") ? [at] : [],
  );
  const nodes: Piece[] = [];
  for (const [at, start] of starts.entries()) {
    const name = NAME.exec(below[start] ?? "");
    if (name?.[1]?.length !== depth) return null;
    // Comments and empty lines above a node are its own.
    const from = at === 0 ? 0 : own(below, start, depth);
    const next = starts[at + 1];
    const to = next === undefined ? below.length : own(below, next, depth);
    const piece = below.slice(from, to);
    nodes.push({ name: bare(name[2] ?? ""), text: piece.join("\n"), line: top + 2 + start });
  }
  if (new Set(nodes.map(({ name }) => name)).size < nodes.length) return null;
  const tail = length < 0 ? [] : rest.slice(length);
  return { head: lines.slice(0, top + 1).join("\n"), nodes, tail: tail.join("\n") };
}

export function joined({ head, nodes, tail }: Cut): string {
  return [head, ...nodes.map(({ text }) => text), ...(tail ? [tail] : [])].join("\n");
}

/** The first of the comments and empty lines above a line; what is deeper may be text of the node before. */
function own(lines: string[], at: number, depth: number): number {
  const isOwn = (line: string) => line.trim() === "" || isComment(line, depth);
  let from = at;
  while (from > 0 && isOwn(lines[from - 1] ?? "")) from -= 1;
  return from;
}

function bare(name: string): string {
  return /^["']/.test(name) ? name.slice(1, -1) : name;
}
