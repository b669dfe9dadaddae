import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { beside, told } from "../../callout/compare";
import { standing } from "../../callout/state";
import { endpoint } from "../../journal/line";
import { Busy } from "../../ui/Busy";
import { Fault } from "../../ui/Fault";
import "./compare.css";

type View = Schemas["CalloutView"];
type Attempt = Schemas["AttemptView"];

/** Two answers beside each other: of two tries, or of this callout and another of its call, such as its replay. */
export function Compare({ callout }: { callout: View }) {
  const [search, setSearch] = useSearchParams();
  const put = (side: string, value: string) =>
    setSearch((now) => new URLSearchParams([...[...now].filter(([name]) => name !== side), [side, value]]), {
      replace: true,
    });
  const { call, id, tries } = callout;
  const list = useQuery({
    queryKey: ["calls", call, "callouts", "others", tries.length],
    queryFn: () =>
      data(api.GET("/api/v1/calls/{sid}/callouts", { params: { path: { sid: call }, query: { limit: 1000 } } })),
  });
  const others = (list.data?.callouts ?? []).filter((other) => other.id !== id && other.attempts > 0);
  const last = tries.at(-1);
  if (!last || (tries.length < 2 && others.length === 0)) return null;
  const left = tries.find(({ number }) => `${number}` === search.get("left")) ?? last;
  const before = tries.at(-2) ?? null;
  const right = search.get("right") ?? (before ? `${before.number}` : "");
  return (
    <details className="sheet compare" open={search.has("right")}>
      <summary>Compare answers</summary>
      <div className="row">
        <label>
          This answer
          <select value={left.number} onChange={({ target }) => put("left", target.value)}>
            {tries.map((attempt) => (
              <option key={attempt.number} value={attempt.number}>
                {named(attempt)}
              </option>
            ))}
          </select>
        </label>
        <label>
          with
          <select value={right} onChange={({ target }) => put("right", target.value)}>
            {right === "" && <option value="">choose one</option>}
            {tries.length > 1 && (
              <optgroup label="Tries of this callout">
                {tries.map((attempt) => (
                  <option key={attempt.number} value={attempt.number}>
                    {named(attempt)}
                  </option>
                ))}
              </optgroup>
            )}
            {others.length > 0 && (
              <optgroup label="Other callouts of the call">
                {others.map((other) => (
                  <option key={other.id} value={other.id}>
                    {other.method} {endpoint(other.url)}: {standing(other).text}, {other.id.slice(-7)}
                  </option>
                ))}
              </optgroup>
            )}
          </select>
        </label>
      </div>
      <With callout={callout} left={left} right={right} />
    </details>
  );
}

function named({ number, way, failure, answer }: Attempt): string {
  return `${number}. ${way}: ${failure ?? answer?.status}`;
}

function With({ callout, left, right }: { callout: View; left: Attempt; right: string }) {
  const own = callout.tries.find(({ number }) => `${number}` === right);
  const other = useQuery({
    queryKey: ["callouts", right],
    queryFn: () => data(api.GET("/api/v1/callouts/{id}", { params: { path: { id: right } } })),
    enabled: right !== "" && !own,
  });
  if (right === "") return <p className="faint">Choose an answer to compare this one with.</p>;
  if (!own && other.isError) return <Fault error={other.error} again={() => other.refetch()} />;
  if (!own && other.isPending) return <Busy what="the other answer" />;
  const attempt = own ?? other.data?.tries.at(-1);
  if (!attempt) return <p className="faint">The other callout has no answer yet.</p>;
  const names = [named(left), own ? named(own) : `${right.slice(-7)}, ${named(attempt)}`] as const;
  return <Beside left={told(left)} right={told(attempt)} names={names} />;
}

function Beside({ left, right, names }: { left: string; right: string; names: readonly [string, string] }) {
  const pairs = useMemo(() => beside(left, right), [left, right]);
  const count = pairs.filter(({ same }) => !same).length;
  return (
    <>
      <p role="status">
        {count === 0 ? "Both are the same." : `${count} ${count === 1 ? "line differs" : "lines differ"}.`}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className="scroll" tabIndex={0} aria-label="Both answers">
        <table className="beside mono">
          <thead>
            <tr>
              {names.map((name, at) => (
                <th key={at === 0 ? "left" : "right"} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {pairs.map((pair, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
              <tr key={at} className={pair.same ? "" : "differs"}>
                <Cell text={pair.left} same={pair.same} />
                <Cell text={pair.right} same={pair.same} />
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function Cell({ text, same }: { text: string | null; same: boolean }) {
  return (
    <td className={text === null ? "none" : ""}>
      {!same && <span className="sr-only">{text === null ? "no such line" : "differs: "}</span>}
      {text}
    </td>
  );
}
