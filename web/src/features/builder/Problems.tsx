import { type Diagnostic, sorted } from "../../flow/problems";
import { Prose } from "./Prose";

/** What the compiler says. A click goes to the step, or to the line. */
export function Problems({ problems, go }: { problems: readonly Diagnostic[]; go: (problem: Diagnostic) => void }) {
  if (problems.length === 0) return <p className="faint">No problem: the flow can be published.</p>;
  return (
    <ul className="problems">
      {sorted(problems).map((problem) => (
        <li key={`${problem.path} ${problem.line} ${problem.message}`}>
          <button type="button" className={`problem ${problem.severity}`} onClick={() => go(problem)}>
            <span className="mono">{problem.node ?? `line ${problem.line}`}</span>
            <span>
              <span className="aside">{problem.severity}: </span>
              <Prose text={problem.message} />
              {problem.hint && (
                <span className="faint">
                  {" – "}
                  <Prose text={problem.hint} />
                </span>
              )}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
