import { useMemo } from "react";
import type { Flow } from "../../api/flows";
import { type Against, against } from "../../flow/against";
import { type Graph, read } from "../../flow/graph";

/** How what is being edited differs from what runs; null if nothing was published. */
export function useAgainst({ published }: Flow, graph: Graph): Against | null {
  const before = useMemo(() => (published ? (read(published.document).graph ?? null) : null), [published]);
  return useMemo(
    () => (published && before ? against(published.version, before, graph) : null),
    [published, before, graph],
  );
}
