import { useMemo } from "react";
import { diff, hunks } from "../../flow/diff";

const SIGNS = { same: " ", out: "−", in: "+" } as const;

/** What differs between two documents, line by line. */
export function Changes({ before, after }: { before: string; after: string }) {
  const lines = useMemo(() => hunks(diff(before, after)), [before, after]);
  if (before === after) return <p className="faint">Nothing differs.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className="changes mono" tabIndex={0} aria-label="Lines that differ">
      {lines.map((line, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
        <div key={at} className={line?.kind ?? "left-out"}>
          {line ? `${SIGNS[line.kind]} ${line.text}` : "⋯"}
        </div>
      ))}
    </section>
  );
}
