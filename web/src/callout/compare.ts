/** Two answers beside each other, line by line. */
import type { Schemas } from "../api/client";
import { type DiffLine, diff } from "../flow/diff";
import { readable } from "./body";

type Try = Pick<Schemas["AttemptView"], "answer" | "failure" | "detail">;

/** A line of each side; null where a side has none there. */
export type Pair = { left: string | null; right: string | null; same: boolean };

/** What came of a try, as lines: its status or failure, its fields by name, its body made readable. */
export function told({ answer, failure, detail }: Try): string {
  if (!answer) return [failure ?? "no answer", detail].filter(Boolean).join(": ");
  const fields = answer.headers.map(({ name, value }) => `${name.toLowerCase()}: ${value}`).sort();
  const type = fields.find((field) => field.startsWith("content-type:")) ?? "";
  const body = answer.body;
  const text = !body ? "" : body.text == null ? `${body.bytes} octets that are no text` : readable(body.text, type);
  const head = [failure ? `${answer.status}, then ${failure}` : `${answer.status}`, ...fields];
  return text === "" ? head.join("\n") : [...head, "", text].join("\n");
}

/** The lines of both sides: those in common face each other, and so do those that stand in each other's place. */
export function beside(left: string, right: string): Pair[] {
  const pairs: Pair[] = [];
  let [out, into]: [string[], string[]] = [[], []];
  const flush = () => {
    for (let at = 0; at < Math.max(out.length, into.length); at++)
      pairs.push({ left: out[at] ?? null, right: into[at] ?? null, same: false });
    [out, into] = [[], []];
  };
  for (const { kind, text } of diff(left, right) satisfies DiffLine[]) {
    if (kind === "out") out.push(text);
    else if (kind === "in") into.push(text);
    else {
      flush();
      pairs.push({ left: text, right: text, same: true });
    }
  }
  flush();
  return pairs;
}
