import { Link, useSearchParams } from "react-router";
import type { Schemas } from "../../api/client";
import { span } from "../../journal/span";
import { standing } from "../../journal/standing";
import { Busy } from "../../ui/Busy";
import { Fault } from "../../ui/Fault";
import { Live } from "../../ui/Live";
import { Moment } from "../../ui/Moment";
import { Pill } from "../../ui/Pill";
import { Advice } from "./Advice";
import { Bars } from "./Bars";
import { First } from "./First";
import { failed, perMinute } from "./summary";
import { Tile } from "./Tile";
import { MOST, useHome } from "./useHome";
import "./home.css";

const SPANS = [
  { id: "15m", label: "15 minutes", ms: 900_000 },
  { id: "1h", label: "hour", ms: 3_600_000 },
  { id: "24h", label: "day", ms: 86_400_000 },
] as const;

/** What the server does now, and did of late. */
export default function Home() {
  const [params, setParams] = useSearchParams();
  const last = SPANS.find(({ id }) => id === params.get("last")) ?? SPANS[1];
  const { calls, running, stats, dead, ever } = useHome(last.ms);
  const error = calls.error ?? running.error ?? stats.error ?? dead.error ?? ever.error;
  if (error)
    return (
      <Fault
        error={error}
        again={() => void Promise.all([calls, running, stats, dead, ever].map((one) => one.refetch()))}
      />
    );
  if (!calls.data || !stats.data || ever.data === undefined) return <Busy what="what happens" />;
  if (!ever.data)
    return (
      <div className="stack home">
        <h1>Home</h1>
        <First />
        <Advice />
      </div>
    );
  const bad = calls.data.calls.filter(failed);
  const waited = stats.data.groups.reduce((sum, { waited_seconds }) => sum + waited_seconds, 0);
  const since = new Date(calls.data.from).toISOString();
  return (
    <div className="stack home">
      <div className="row spread">
        <h1>Home</h1>
        <div className="row">
          <Live />
          <label className="inline">
            The last
            <select value={last.id} onChange={(event) => setParams({ last: event.target.value }, { replace: true })}>
              {SPANS.map(({ id, label }) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        </div>
      </div>
      <div className="tiles">
        <Tile value={String(running.data ?? 0)} label="calls run now" to="/calls" />
        <Tile value={perMinute(calls.data.calls.length, last.ms)} label="calls a minute" to={`/calls?since=${since}`} />
        <Tile
          value={String(bad.length)}
          label="calls with a failure"
          tone={bad.length > 0 ? "bad" : "good"}
          to={`/calls?since=${since}`}
        />
        <Tile value={span(waited * 1_000)} label="callers waited for URLs" to={`/callouts?kind=sync&since=${since}`} />
        <Tile
          value={dead.data === 100 ? "100 or more" : String(dead.data ?? 0)}
          label="dead letters"
          tone={dead.data ? "bad" : "good"}
          to="/callouts?state=dead"
        />
      </div>
      <section className="sheet" aria-label="Calls over time">
        <h2>Calls</h2>
        <Bars calls={calls.data.calls} from={calls.data.from} to={calls.data.to} />
        {calls.data.cut && <p className="faint">There were more: the newest {MOST} are counted.</p>}
      </section>
      <div className="halves">
        <Slowest groups={stats.data.groups} />
        <Failures calls={bad.slice(0, 6)} />
      </div>
      <Advice />
    </div>
  );
}

function Slowest({ groups }: { groups: readonly Schemas["GroupView"][] }) {
  const slowest = groups.filter(({ whole }) => whole).sort((a, b) => (b.whole?.p95_ms ?? 0) - (a.whole?.p95_ms ?? 0));
  return (
    <section className="sheet" aria-label="Slowest URLs">
      <h2>Slowest URLs</h2>
      {slowest.length === 0 ? (
        <p className="faint">No call waited for a URL.</p>
      ) : (
        <ul className="lines">
          {slowest.slice(0, 6).map(({ name, whole, waited_seconds }) => (
            <li key={name}>
              <Link className="mono" to={`/callouts?origin=${encodeURIComponent(name)}`}>
                {name}
              </Link>
              <span className="faint">
                95 of 100 within {span(whole?.p95_ms ?? 0)}, waited {span(waited_seconds * 1_000)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Failures({ calls }: { calls: readonly Schemas["Call"][] }) {
  return (
    <section className="sheet" aria-label="Failures">
      <h2>Failures</h2>
      {calls.length === 0 ? (
        <p className="faint">None.</p>
      ) : (
        <ul className="lines">
          {calls.map((call) => {
            const { text, tone } = standing(call);
            return (
              <li key={call.sid}>
                <Link to={`/calls/${encodeURIComponent(call.sid)}`}>
                  {call.from} to {call.to}
                </Link>
                <span>
                  <Pill tone={tone}>{text}</Pill>{" "}
                  <span className="faint">
                    <Moment at={call.created} />
                  </span>
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
