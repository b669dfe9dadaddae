import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { flows } from "../../api/flows";
import { Fault } from "../../ui/Fault";
import "./flows.css";

/** What a new flow begins with: a call is greeted and let go. */
function first(name: string): string {
  return `flow: ${JSON.stringify(name)}
start: hello
nodes:
  hello: { applet: greeting, say: "Welcome.", next: bye }
  bye: { applet: hangup }
`;
}

/** Asks for a name, and opens the new flow. */
export function NewFlow({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [name, setName] = useState("");
  const go = useNavigate();
  const queries = useQueryClient();
  const make = useMutation({
    mutationFn: () => flows.create(name, first(name)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["flows"] });
      await go(`/flows/${encodeURIComponent(name)}`);
    },
  });
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <dialog ref={dialog} className="sheet new-flow" aria-labelledby="new-flow" onClose={close}>
      <form className="stack" onSubmit={submit}>
        <h2 id="new-flow">New flow</h2>
        <label>
          Name
          <input
            value={name}
            onChange={(event) => setName(event.target.value)}
            required
            maxLength={64}
            placeholder="front-desk"
            aria-describedby="new-flow-help"
          />
        </label>
        <span id="new-flow-help" className="faint">
          Numbers and the API know the flow by it. Small letters, digits and dashes are best.
        </span>
        {make.isError && <Fault error={make.error} />}
        <div className="row">
          <button type="submit" className="primary" disabled={make.isPending}>
            Make it
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Leave it
          </button>
        </div>
      </form>
    </dialog>
  );
}
