/** A node's note: the comment right above it, without an empty line between. */

/** The note above the line where a node begins. */
export function noteAbove(lines: readonly string[], at: number): string {
  return lines
    .slice(first(lines, at), at)
    .map((line) => line.replace(/^\s*# ?/, ""))
    .join("\n");
}

/** The lines with another note above that one; an empty note takes it out. */
export function withNote(lines: readonly string[], at: number, note: string): string[] {
  const margin = " ".repeat(indent(lines[at] ?? ""));
  const comment = note === "" ? [] : note.split("\n").map((line) => `${margin}#${line && ` ${line}`}`);
  return [...lines.slice(0, first(lines, at)), ...comment, ...lines.slice(at)];
}

/** The first line of the comment. What stands deeper than the node may be text of the one before. */
function first(lines: readonly string[], at: number): number {
  let from = at;
  while (from > 0 && isComment(lines[from - 1] ?? "", indent(lines[at] ?? ""))) from -= 1;
  return from;
}

/** Whether a line is a comment, and no deeper than that. */
export function isComment(line: string, depth: number): boolean {
  return /^\s*#/.test(line) && indent(line) <= depth;
}

export function indent(line: string): number {
  return line.length - line.trimStart().length;
}
