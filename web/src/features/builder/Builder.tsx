import { useQuery } from "@tanstack/react-query";
import { useParams, useSearchParams } from "react-router";
import { flows } from "../../api/flows";
import { Busy } from "../../ui/Busy";
import { Fault } from "../../ui/Fault";
import { CallPath } from "./CallPath";
import { Workbench } from "./Workbench";
import "./builder.css";

/** The page of a flow: the builder, or with `?call=…` the way that a call took through it. */
export default function Builder() {
  const { name = "" } = useParams();
  const [search] = useSearchParams();
  const call = search.get("call");
  const applets = useQuery({ queryKey: ["applets"], queryFn: flows.applets, staleTime: Number.POSITIVE_INFINITY });
  // The draft is read once for each visit; from there on the page knows best.
  const flow = useQuery({
    queryKey: ["flow", name],
    queryFn: () => flows.show(name),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (applets.isError) return <Fault error={applets.error} again={() => applets.refetch()} />;
  if (flow.isError) return <Fault error={flow.error} again={() => flow.refetch()} />;
  if (applets.isPending || flow.isPending) return <Busy what={`the flow ${name}`} />;
  if (call) return <CallPath key={call} call={call} flow={flow.data} applets={applets.data} />;
  return <Workbench key={name} first={flow.data} applets={applets.data} />;
}
