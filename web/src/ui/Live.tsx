import { useLiveness } from "../api/live";
import { Pill } from "./Pill";

/** Says whether what is shown follows what happens. */
export function Live() {
  const liveness = useLiveness();
  if (liveness === "live") return <Pill tone="good">live</Pill>;
  return <Pill tone="warn">{liveness === "lost" ? "connection lost, tries again" : "connecting"}</Pill>;
}
