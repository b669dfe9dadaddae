import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { api, data, type Schemas } from "../../api/client";
import { latency } from "../../callout/latency";
import { span } from "../../journal/span";
import { Fault } from "../../ui/Fault";
import { asQuery, type Filter } from "./filter";

/** Callouts that the lines are drawn from: the newest. */
const POINTS = 1000;
const PARTS = 60;
const HEIGHT = 170;
const COLOURS = ["--accent", "--warn", "--bad", "--good", "--faint"];

/** How long URLs took: lines over time for what calls waited for, and figures of the whole time. */
export default function Latency({ filter }: { filter: Filter }) {
  const points = useQuery({
    queryKey: ["callouts", "points", filter],
    queryFn: () =>
      data(api.GET("/api/v1/callouts", { params: { query: { kind: "sync", ...asQuery(filter), limit: POINTS } } })),
  });
  const { since, until, kind } = filter;
  const stats = useQuery({
    queryKey: ["callouts", "stats", since, until, kind],
    queryFn: () => {
      const query = { by: "url", ...(kind ? { kind } : {}), ...(since ? { since } : {}), ...(until ? { until } : {}) };
      return data(api.GET("/api/v1/callouts/stats", { params: { query } }));
    },
  });
  const drawn = useMemo(() => latency(points.data?.callouts ?? [], PARTS), [points.data]);
  if (stats.isError) return <Fault error={stats.error} again={() => stats.refetch()} />;
  const groups = stats.data?.groups ?? [];
  return (
    <section className="sheet latency" aria-label="Latency by URL">
      <h2>Latency by URL</h2>
      <Lines drawn={drawn} />
      <Figures groups={groups} />
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
