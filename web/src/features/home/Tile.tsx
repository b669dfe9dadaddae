import { Link } from "react-router";
import type { Tone } from "../../ui/Pill";

/** A figure that leads to what it counts. */
export function Tile({ value, label, to, tone = "plain" }: { value: string; label: string; to: string; tone?: Tone }) {
  return (
    <Link className="sheet tile" to={to}>
      <strong className={tone}>{value}</strong>
      <span>{label}</span>
    </Link>
  );
}
