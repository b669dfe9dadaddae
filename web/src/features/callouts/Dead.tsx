import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, data } from "../../api/client";
import { useMay } from "../../api/role";
import { Confirm } from "../../ui/Confirm";
import { Fault } from "../../ui/Fault";
import type { Filter } from "./filter";

/** Leads to the reports that were given up, and sends all of them again that fit. */
export function Dead({ filter }: { filter: Filter }) {
  const may = useMay("author");
  const queries = useQueryClient();
  const [asking, ask] = useState(false);
  const { flow, origin, since, until } = filter;
  const wanted = {
    ...(flow ? { flow } : {}),
    ...(origin ? { origin } : {}),
    ...(since ? { since } : {}),
    ...(until ? { until } : {}),
  };
  const send = (dry: boolean) =>
    data(api.POST("/api/v1/callouts/replay", { body: { ...wanted, dry_run: dry } as never }));
  const count = useMutation({ mutationFn: () => send(true), onSuccess: () => ask(true) });
  const replay = useMutation({
    mutationFn: () => send(false),
    onSuccess: () => {
      ask(false);
      void queries.invalidateQueries({ queryKey: ["callouts"] });
    },
  });
  if (filter.state !== "dead")
    return (
      <Link className="button" to="/callouts?state=dead">
        Dead letters
      </Link>
    );
  if (!may) return null;
  const found = count.data;
  return (
    <>
      {replay.data && <span role="status">{replay.data.replayed} are owed again</span>}
      {count.isError && <Fault error={count.error} />}
      <button type="button" onClick={() => count.mutate()} disabled={count.isPending}>
        Send all again
      </button>
      {asking && found && (
        <Confirm
          title="Send dead letters again?"
          act={`Send ${found.found}`}
          acting={replay.isPending}
          done={() => replay.mutate()}
          refuse={() => ask(false)}
        >
          <p>
            {found.found} {found.found === 1 ? "report fits" : "reports fit"}
            {found.more && ", and there are more: the newest go first"}. Each goes out at once, as it was, with 12 new
            tries.
          </p>
          {replay.isError && <Fault error={replay.error} />}
        </Confirm>
      )}
    </>
  );
}
