import { useQuery } from "@tanstack/react-query";
import { type Flow, flows } from "../../api/flows";
import { meanwhile } from "../../flow/meanwhile";
import { Fault } from "../../ui/Fault";
import { Moment } from "../../ui/Moment";
import { Changes } from "./Changes";
import { textOf } from "./useSaved";

export type OvertakenProps = {
  flow: Flow;
  text: string;
  take: (theirs: Flow) => void;
  keep: (theirs: Flow) => void;
};

/** Somebody else changed the flow meanwhile: who and when, what differs, and the choice between both. */
export function Overtaken({ flow, text, take, keep }: OvertakenProps) {
  const now = useQuery({ queryKey: ["flow", flow.name, "now"], queryFn: () => flows.show(flow.name), gcTime: 0 });
  if (now.isError) return <Fault error={now.error} again={() => now.refetch()} />;
  if (now.isPending) return null;
  const did = meanwhile(flow, now.data);
  return (
    <section className="fault stack overtaken" role="alert" aria-label="Changed meanwhile">
      <span>
        {did ? (
          <>
            <strong>
              {did.author} {did.did}
            </strong>
            , <Moment at={did.at} />.
          </>
        ) : (
          <strong>The draft was thrown away meanwhile.</strong>
        )}{" "}
        What you changed since is not saved. Either way, “Undo” brings the other text back.
      </span>
      <details>
        <summary>From theirs to yours</summary>
        <Changes before={textOf(now.data)} after={text} />
      </details>
      <span className="row">
        <button type="button" className="primary" onClick={() => take(now.data)}>
          Take theirs
        </button>
        <button type="button" onClick={() => keep(now.data)}>
          Keep mine
        </button>
      </span>
    </section>
  );
}
