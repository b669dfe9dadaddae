import { bars, type Counted } from "./summary";

const PARTS = 60;
const TALL = 90;

const HOUR = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });

/** Calls in each part of the time, those that failed below. */
export function Bars({ calls, from, to }: { calls: readonly Counted[]; from: number; to: number }) {
  const counted = bars(calls, from, to, PARTS);
  const most = counted.reduce((most, { calls }) => Math.max(most, calls), 1);
  const failed = counted.reduce((sum, bar) => sum + bar.failed, 0);
  const label = `${calls.length} calls, ${failed} with a failure; at most ${most} in a sixtieth of the time`;
  return (
    <figure className="bars">
      <svg viewBox={`0 0 ${PARTS * 10} ${TALL}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {counted.map(({ from: began, calls, failed }, at) => {
          const tall = (calls / most) * (TALL - 4);
          const bad = (failed / most) * (TALL - 4);
          return (
            <g key={began}>
              <title>
                {HOUR.format(began)}: {calls} calls, {failed} failed
              </title>
              <rect className="all" x={at * 10 + 1} width={8} y={TALL - tall} height={tall} />
              <rect className="failed" x={at * 10 + 1} width={8} y={TALL - bad} height={bad} />
            </g>
          );
        })}
      </svg>
      <figcaption className="row spread faint">
        <span>{HOUR.format(from)}</span>
        <span>
          {most === 1 ? "a bar is 1 call" : `the tallest bar is ${most} calls`}
          {failed > 0 && ", red those with a failure"}
        </span>
        <span>{HOUR.format(to)}</span>
      </figcaption>
    </figure>
  );
}
