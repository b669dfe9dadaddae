import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { useSearchParams } from "react-router";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { api, data, type Schemas } from "../../api/client";
import { cut, latency } from "../../callout/latency";
import { span } from "../../journal/span";
import { Fault } from "../../ui/Fault";
import { Moment } from "../../ui/Moment";
import type { Filter } from "./filter";

const HEIGHT = 170;
const COLOURS = ["--accent", "--warn", "--bad", "--good", "--faint"];

const SPANS = [
  { id: "1h", label: "the last hour", ms: 3_600_000 },
  { id: "24h", label: "the last day", ms: 86_400_000 },
  { id: "7d", label: "the last week", ms: 604_800_000 },
] as const;

/** How long URLs took: lines over time, and figures of the whole time; of the filter's time, or else of the one chosen here. */
export default function Latency({ filter: { since, until, kind } }: { filter: Filter }) {
  const [params, setParams] = useSearchParams();
  const last = SPANS.find(({ id }) => id === params.get("over")) ?? SPANS[1];
  const stats = useQuery({
    queryKey: ["callouts", "stats", since, until, kind, last.id],
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const to = until ? Date.parse(until) : Date.now();
      const time = cut(since ? Date.parse(since) : to - last.ms, to);
      const query = {
        by: "url",
        since: new Date(time.since).toISOString(),
        step: time.step / 1_000,
        ...(kind ? { kind } : {}),
        ...(until ? { until } : {}),
      };
      const { groups, cut_at } = await data(api.GET("/api/v1/callouts/stats", { params: { query } }));
      return { groups, cut_at, time };
    },
  });
  const drawn = useMemo(
    () => (stats.data ? latency(stats.data.groups, stats.data.time) : { times: [], series: [] }),
    [stats.data],
  );
  if (stats.isError) return <Fault error={stats.error} again={() => stats.refetch()} />;
  const over = (id: string) =>
    setParams(
      (before) => {
        before.set("over", id);
        return before;
      },
      { replace: true, preventScrollReset: true },
    );
  return (
    <section className="sheet latency" aria-label="Latency by URL">
      <div className="row spread">
        <h2>Latency by URL</h2>
        {!since && (
          <label className="inline">
            Over
            <select value={last.id} onChange={(event) => over(event.target.value)}>
              {SPANS.map(({ id, label }) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <Lines drawn={drawn} />
      {stats.data?.cut_at && (
        <p className="faint">
          There were more than can be counted: these are the newest, since <Moment at={stats.data.cut_at} />.
        </p>
      )}
      <Figures groups={stats.data?.groups ?? []} />
    </section>
  );
}

function Lines({ drawn }: { drawn: ReturnType<typeof latency> }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const into = place.current;
    if (!into || drawn.series.length === 0) return;
    const colour = (name: string) => resolved(into, name);
    const axis = {
      stroke: colour("--faint"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { stroke: colour("--line"), width: 1 },
    };
    const plot = new UPlot(
      {
        width: into.clientWidth,
        height: HEIGHT,
        axes: [axis, { ...axis, size: 64, values: (_, ticks) => ticks.map(span) }],
        scales: { y: { range: (_, __, most) => [0, Math.max(10, most * 1.1)] } },
        series: [
          {},
          ...drawn.series.map(({ url }, at) => ({
            label: url,
            stroke: colour(COLOURS[at] ?? "--text"),
            width: 2,
            spanGaps: true,
            points: { show: true, size: 5 },
            value: (_: UPlot, ms: number | null) => (ms == null ? "–" : span(ms)),
          })),
        ],
      },
      [drawn.times, ...drawn.series.map(({ values }) => values)],
      into,
    );
    const watch = new ResizeObserver(() => plot.setSize({ width: into.clientWidth, height: HEIGHT }));
    watch.observe(into);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [drawn]);
  return (
    <div
      ref={place}
      className="lines"
      role="img"
      aria-label="What 95 of 100 callouts took at most, over time; the table below has the figures"
    />
  );
}

/** A colour of the theme as a canvas takes it. */
function resolved(element: HTMLElement, name: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function Figures({ groups }: { groups: readonly Schemas["GroupView"][] }) {
  if (groups.length === 0) return <p className="faint">Nothing was asked in that time.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls is reached by the keyboard.
    <section className="scroll" tabIndex={0} aria-label="Figures">
      <table>
        <thead>
          <tr>
            <th>URL</th>
            <th className="number">Requests</th>
            <th className="number">Failed</th>
            <th className="number">p50</th>
            <th className="number">p95</th>
            <th className="number">p99</th>
            <th className="number">Calls waited</th>
          </tr>
        </thead>
        <tbody>
          {groups.slice(0, 8).map((group) => (
            <tr key={group.name}>
              <td className="mono">{group.name}</td>
              <td className="number">{group.attempts}</td>
              <td className="number">{failed(group)}</td>
              <td className="number">{group.whole ? span(group.whole.p50_ms) : "–"}</td>
              <td className="number">{group.whole ? span(group.whole.p95_ms) : "–"}</td>
              <td className="number">{group.whole ? span(group.whole.p99_ms) : "–"}</td>
              <td className="number">{span(group.waited_seconds * 1_000)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Requests that came to no answer, or to one of 400 and above. */
function failed({ failures, statuses }: Schemas["GroupView"]): number {
  const unanswered = Object.values(failures).reduce((sum, count) => sum + count, 0);
  return unanswered + (statuses["4xx"] ?? 0) + (statuses["5xx"] ?? 0);
}
