import { useState } from "react";
import type { Schemas } from "../api/client";
import { parts, readable } from "../callout/body";
import { curl } from "../callout/curl";
import { phases } from "../journal/phases";
import { span } from "../journal/span";
import { Copy } from "./Copy";
import "./exchange.css";

type Attempt = Schemas["AttemptView"];
type Body = Schemas["BodyView"];
type Field = Schemas["Field"];

/** What was asked and what was answered, side by side, try by try. */
export function Exchange({ callout }: { callout: Schemas["CalloutView"] }) {
  const { tries, request } = callout;
  const [chosen, choose] = useState<number | null>(null);
  const shown = tries[chosen ?? tries.length - 1];
  const asked = shown?.request ?? request;
  return (
    <div className="stack exchange">
      <div className="row">
        {tries.map((attempt, at) => (
          <button
            type="button"
            key={attempt.number}
            aria-pressed={attempt === shown}
            className={attempt.failure || (attempt.answer?.status ?? 0) >= 400 ? "bad" : "good"}
            onClick={() => choose(at)}
          >
            {attempt.number}. {attempt.way}: {attempt.failure ?? attempt.answer?.status} · {span(attempt.took_ms)}
          </button>
        ))}
        {asked && <Copy text={curl(asked)}>Copy as curl</Copy>}
      </div>
      <div className="sides">
        <section aria-label="Request">
          <h3>Request</h3>
          {asked ? <Request asked={asked} /> : <p className="faint">It is not known any more.</p>}
        </section>
        <section aria-label="Answer">
          <h3>Answer</h3>
          {shown ? <Answer attempt={shown} /> : <p className="faint">Nothing was asked yet.</p>}
        </section>
      </div>
    </div>
  );
}

function Request({ asked }: { asked: Schemas["RequestView"] }) {
  const { address, query } = parts(asked.url);
  return (
    <>
      <p className="mono line">
        <strong>{asked.method}</strong> {address}
      </p>
      {query.length > 0 && (
        <dl className="fields">
          {query.map(([name, value], at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a query may have a name twice, and never changes.
            <Pair key={at} name={name} value={value} />
          ))}
        </dl>
      )}
      <Fields fields={asked.headers} />
      <Bytes body={asked.body ?? null} fields={asked.headers} />
    </>
  );
}

function Answer({ attempt }: { attempt: Attempt }) {
  const { answer, failure, detail, phases: took, address, reused } = attempt;
  const trace = Object.fromEntries(Object.entries(took).filter(([, us]) => us != null));
  const spent = phases(attempt.took_ms, attempt.took_ms, trace);
  return (
    <>
      <p className="mono line">
        <strong>{answer ? answer.status : failure}</strong> {detail}
      </p>
      <p className="faint">
        {spent.map(({ phase, from, to }) => `${phase.replace("_", " ")} ${exact(to - from)}`).join(" · ")}
        {address && ` · ${address}`}
        {reused && " · connection kept"}
      </p>
      {answer && <Fields fields={answer.headers} />}
      {answer && <Bytes body={answer.body ?? null} fields={answer.headers} />}
      {answer?.truncated && <p className="faint">There was more of it.</p>}
    </>
  );
}

function exact(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : span(ms);
}

function Fields({ fields }: { fields: readonly Field[] }) {
  if (fields.length === 0) return null;
  return (
    <details>
      <summary>
        {fields.length} header {fields.length === 1 ? "field" : "fields"}
      </summary>
      <dl className="fields">
        {fields.map(({ name, value }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a field may stand there twice, and never changes.
          <Pair key={at} name={name} value={value} />
        ))}
      </dl>
    </details>
  );
}

function Pair({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Bytes({ body, fields }: { body: Body | null; fields: readonly Field[] }) {
  if (!body) return null;
  const type = fields.find(({ name }) => name.toLowerCase() === "content-type")?.value ?? "";
  if (body.text == null) return <p className="faint">{body.bytes} octets that are no text.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a text that scrolls is reached by the keyboard.
    <pre tabIndex={0}>{readable(body.text, type)}</pre>
  );
}
