import { useLiveness } from "../api/live";
import { Pill } from "./Pill";

/** Says whether what is shown follows what happens. */
export function Live() {
  const liveness = useLiveness();
  if (liveness === "live") return <Pill tone="good">live</Pill>;
  // A server that is quiet answers with its first event or after some seconds: nothing is missed meanwhile.
  if (liveness === "connecting") return <Pill>listening</Pill>;
  return <Pill tone="warn">connection lost, tries again</Pill>;
}
