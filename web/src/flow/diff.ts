/** Lines that two texts have in common, and what stands between them. */

export type DiffLine = { kind: "same" | "out" | "in"; text: string };

/** The lines of both in order: those that stay, those that go, those that come. */
export function diff(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const same = (lines: string[]): DiffLine[] => lines.map((text) => ({ kind: "same", text }));
  const middle = between(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return [...same(a.slice(0, head)), ...middle, ...same(tail ? a.slice(-tail) : [])];
}

/** So many pairs of lines are compared at most; texts that differ in more are told as one that goes and one that comes. */
const MOST = 4_000_000;

/** By the longest common subsequence, from a table of the lengths of those of the rests. */
function between(a: string[], b: string[]): DiffLine[] {
  if (a.length * b.length > MOST) {
    const told = (kind: "out" | "in") => (text: string) => ({ kind, text });
    return [...a.map(told("out")), ...b.map(told("in"))];
  }
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: "same", text: a[i] ?? "" });
      [i, j] = [i + 1, j + 1];
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: "out", text: a[i++] ?? "" });
    } else {
      lines.push({ kind: "in", text: b[j++] ?? "" });
    }
  }
  return lines;
}

/** Only what changed, with a few lines about it; `null` stands where lines are left out. */
export function hunks(lines: DiffLine[], about = 3): (DiffLine | null)[] {
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - about), at + about + 1).some((l) => l.kind !== "same"),
  );
  return lines.flatMap((line, at) => {
    if (near[at]) return [line];
    return at === 0 || near[at - 1] ? [null] : [];
  });
}
