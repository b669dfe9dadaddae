type Cell = string | number | null | undefined;

/** A table as CSV (RFC 4180). A cell that a spreadsheet would take for a formula begins with an apostrophe. */
export function csv(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [head, ...rows].map((cells) => `${cells.map(quoted).join(",")}\r\n`).join("");
}

/** What begins a formula in one spreadsheet or another, also in its wide form, and after spaces and control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const FORMULA = /^[\s\u0000-\u001f\u00a0\ufeff]*[=+\-@|%＝＋－＠]|^[\t\r\n]/u;

function quoted(cell: Cell): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "number") return String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return `"${safe.replaceAll('"', '""')}"`;
}
