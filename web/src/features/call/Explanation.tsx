import type { Finding } from "../../journal/explain";
import { Words } from "../../ui/Words";
import { useCursor } from "./cursor";

/** What happened, in plain words. A finding leads to its moment. */
export function Explanation({
  findings,
  momentOf,
}: {
  findings: readonly Finding[];
  momentOf: (seq: number) => number;
}) {
  const cursor = useCursor();
  const [first, ...others] = findings;
  if (!first) return null;
  return (
    <section className="sheet explanation" aria-label="Explanation">
      <p className="lead">
        <Words text={first.text} />
      </p>
      {others.length > 0 && (
        <ul>
          {others.map(({ tone, text, next, seq }) => (
            <li key={`${seq} ${text}`} className={tone}>
              <Words text={text} />
              {next && (
                <span className="faint">
                  {" "}
                  <Words text={next} />
                </span>
              )}
              {seq > 0 && (
                <button type="button" className="link" onClick={() => cursor.move(momentOf(seq), "ladder", seq)}>
                  show
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
