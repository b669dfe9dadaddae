/** What the compiler says of a document, by node. */

export type Diagnostic = {
  /** `error` or `warning`. */
  severity: string;
  node?: string | null | undefined;
  path: string;
  line: number;
  column: number;
  message: string;
  hint?: string | null | undefined;
};

export type Tally = { errors: number; warnings: number };

/** The worst first, then in the order of the text. */
export function sorted(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const weight = ({ severity }: Diagnostic) => (severity === "error" ? 0 : 1);
  return [...diagnostics].sort((a, b) => weight(a) - weight(b) || a.line - b.line || a.column - b.column);
}

export function byNode(diagnostics: readonly Diagnostic[]): Map<string, Diagnostic[]> {
  const nodes = new Map<string, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    if (diagnostic.node) nodes.set(diagnostic.node, [...(nodes.get(diagnostic.node) ?? []), diagnostic]);
  }
  return nodes;
}

export function tally(diagnostics: readonly Diagnostic[]): Tally {
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  return { errors, warnings: diagnostics.length - errors };
}

/** Those of a setting of a node, and of what is below it. */
export function ofField(diagnostics: readonly Diagnostic[], node: string, field: string): Diagnostic[] {
  const path = `nodes.${node}.${field}`;
  return diagnostics.filter(
    (one) => one.path === path || one.path.startsWith(`${path}.`) || one.path.startsWith(`${path}[`),
  );
}
