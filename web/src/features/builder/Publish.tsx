import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ApiFault } from "../../api/client";
import { type DocumentProblem, flows } from "../../api/flows";
import { Fault } from "../../ui/Fault";
import { Changes } from "./Changes";
import { isStale } from "./useSaved";

export type PublishProps = {
  name: string;
  before: string;
  text: string;
  flush: () => Promise<string>;
  done: (version: number) => void;
  /** Somebody else changed the flow meanwhile. */
  overtaken: () => void;
  close: () => void;
};

/** Shows what will change for callers, and asks for a word about it. */
export function Publish({ name, before, text, flush, done, overtaken, close }: PublishProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [message, setMessage] = useState("");
  const queries = useQueryClient();
  const publish = useMutation({
    mutationFn: async () => flows.publish(name, { message, revision: await flush() }),
    onSuccess: async ({ version }) => {
      await queries.invalidateQueries({ queryKey: ["flows"] });
      dialog.current?.close();
      done(version);
    },
    onError: (error) => {
      if (!isStale(error)) return;
      dialog.current?.close();
      overtaken();
    },
  });
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    publish.mutate();
  };
  const problem = publish.error instanceof ApiFault ? (publish.error.problem as DocumentProblem) : null;
  return (
    <dialog ref={dialog} className="sheet wide" aria-labelledby="publish" onClose={close}>
      <form className="stack" onSubmit={submit}>
        <h2 id="publish">Publish {name}</h2>
        <p className="faint">New calls run it at once; calls that run go on as they began.</p>
        <Changes before={before} after={text} />
        <label>
          What changes, in a line
          <input value={message} onChange={({ target }) => setMessage(target.value)} required maxLength={200} />
        </label>
        {publish.isError && <Fault error={publish.error} />}
        {problem?.diagnostics?.map(({ message, node, line }) => (
          <div key={`${node} ${line} ${message}`} className="problem error">
            {node ?? `line ${line}`}: {message}
          </div>
        ))}
        <div className="row">
          <button type="submit" className="primary" disabled={publish.isPending}>
            {publish.isPending ? "Publishing…" : "Publish"}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Not yet
          </button>
        </div>
      </form>
    </dialog>
  );
}
