import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, data } from "../../api/client";
import { useMay } from "../../api/role";
import { Empty } from "../../ui/Empty";

/** Says how to place the first call, to a number that a flow answers. */
export function First() {
  const may = useMay("author");
  const flows = useQuery({ queryKey: ["flows"], queryFn: () => data(api.GET("/api/v1/flows", {})) });
  const known = flows.data?.flows ?? [];
  const number = known.flatMap(({ numbers }) => numbers)[0] ?? "08044444444";
  if (flows.isSuccess && known.length === 0)
    return (
      <Empty
        title="No flow yet."
        next={
          <>
            {may ? <Link to="/flows">Make one here</Link> : "An author makes one"}, or put a document into the folder of
            flows: it is published within a second.
          </>
        }
      />
    );
  return (
    <Empty
      title="No call yet."
      next={
        <>
          {may && <Link to="/phone">Place one from this page</Link>}
          {may ? ", or type" : "Type"} <code>passthru call {number}</code>, and see it here.
        </>
      }
    />
  );
}
