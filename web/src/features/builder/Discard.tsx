import { useMutation, useQuery } from "@tanstack/react-query";
import { flows } from "../../api/flows";
import { Busy } from "../../ui/Busy";
import { Confirm } from "../../ui/Confirm";
import { Fault } from "../../ui/Fault";
import { Moment } from "../../ui/Moment";
import { Changes } from "./Changes";

/** Who the draft is of that nobody saved: it stands in the flow's file. */
const FILE = "file";

export type DiscardProps = { name: string; flush: () => Promise<string>; done: () => void; close: () => void };

/** Throws the draft away, after showing what is lost with it. */
export function Discard({ name, flush, done, close }: DiscardProps) {
  const lost = useQuery({
    queryKey: ["flow", name, "lost"],
    queryFn: () => flush().then(() => flows.show(name)),
    gcTime: 0,
    retry: false,
  });
  const { draft, published, file, revision = "" } = lost.data ?? {};
  const discard = useMutation({ mutationFn: () => flows.discard(name, revision), onSuccess: done });
  const fixed = draft?.author === FILE;
  return (
    <Confirm
      title="Discard the draft?"
      act={published ? "Discard the draft" : "Discard the flow"}
      acting={!draft || fixed || discard.isPending}
      done={() => discard.mutate()}
      refuse={close}
    >
      {lost.isPending && <Busy what="the draft" />}
      {lost.isError && <Fault error={lost.error} />}
      {lost.data && !draft && <p>There is no draft: what stands here is what runs.</p>}
      {fixed && (
        <p>
          This text stands in <code>{file}</code>, and nobody saved a draft: put the file right, or publish over it.
        </p>
      )}
      {draft && !fixed && (
        <>
          <p>
            {published
              ? `Version ${published.version} stays as it is. What differs from it is lost for everybody:`
              : `Nothing of ${name} was published: the whole flow is lost with its draft.`}{" "}
            <span className="faint">
              {draft.author} saved it last, <Moment at={draft.at} />.
            </span>
          </p>
          <Changes before={published?.document ?? ""} after={draft.document} />
        </>
      )}
      {discard.isError && <Fault error={discard.error} />}
    </Confirm>
  );
}
