import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { useMay } from "../../api/role";
import { type Change, change, draft } from "../../callout/change";
import { Fault } from "../../ui/Fault";

type Way = "elsewhere" | "edited";

/** Sends a callout again: as it was, to another URL, or edited. */
export function Again({ callout }: { callout: Schemas["CalloutView"] }) {
  const may = useMay("author");
  const queries = useQueryClient();
  const [way, setWay] = useState<Way | null>(null);
  const { id, state } = callout;
  const send = useMutation({
    mutationFn: (change: Change) =>
      data(api.POST("/api/v1/callouts/{id}/replay", { params: { path: { id } }, body: change as Schemas["Change"] })),
    onSuccess: () => {
      setWay(null);
      void queries.invalidateQueries({ queryKey: ["callouts"] });
    },
  });
  if (!may) return null;
  if (state === "waiting" || state === "running")
    return (
      <p className="faint">It is owed still, and is tried by itself. It can be sent again once it is done with.</p>
    );
  const toggle = (to: Way) => setWay(way === to ? null : to);
  return (
    <section className="sheet stack" aria-label="Send again">
      <div className="row">
        <button type="button" className="primary" onClick={() => send.mutate({})} disabled={send.isPending}>
          Send again
        </button>
        <button type="button" aria-expanded={way === "elsewhere"} onClick={() => toggle("elsewhere")}>
          To another URL…
        </button>
        <button
          type="button"
          aria-expanded={way === "edited"}
          onClick={() => toggle("edited")}
          disabled={!callout.request}
        >
          Edit and send…
        </button>
        <span role="status">{send.data && <Sent of={id} now={send.data.id} />}</span>
      </div>
      {send.isError && <Fault error={send.error} />}
      {way === "elsewhere" && <Elsewhere url={callout.url} send={send.mutate} acting={send.isPending} />}
      {way === "edited" && callout.request && (
        <Edited request={callout.request} send={send.mutate} acting={send.isPending} />
      )}
    </section>
  );
}

function Sent({ of, now }: { of: string; now: string }) {
  if (of === now) return <>It is owed again.</>;
  return (
    <>
      It is owed as a callout of its own: <Link to={`/callouts/${encodeURIComponent(now)}`}>{now}</Link>,{" "}
      <Link to={`/callouts/${encodeURIComponent(now)}?right=${encodeURIComponent(of)}`}>compared with this one</Link>
    </>
  );
}

interface Sending {
  send: (change: Change) => void;
  acting: boolean;
}

function Elsewhere({ url, send, acting }: { url: string } & Sending) {
  const [to, setTo] = useState(url);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send({ url: to });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <label>
        URL
        <input type="url" required value={to} onChange={(event) => setTo(event.target.value)} />
      </label>
      <div>
        <button type="submit" disabled={acting}>
          Send there
        </button>
      </div>
    </form>
  );
}

function Edited({ request, send, acting }: { request: Schemas["RequestView"] } & Sending) {
  const [now, setNow] = useState(() => draft(request));
  const [wrong, setWrong] = useState<string | null>(null);
  const put = (part: Partial<typeof now>) => setNow({ ...now, ...part });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const told = change(request, now);
    setWrong("wrong" in told ? told.wrong : null);
    if ("change" in told) send(told.change);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <div className="row where">
        <label>
          Method
          <select value={now.method} onChange={(event) => put({ method: event.target.value })}>
            {[...new Set([request.method, "GET", "HEAD", "POST"])].map((method) => (
              <option key={method}>{method}</option>
            ))}
          </select>
        </label>
        <label className="wide">
          URL
          <input type="url" required value={now.url} onChange={(event) => put({ url: event.target.value })} />
        </label>
      </div>
      <label>
        Header fields, one a line
        <textarea
          rows={4}
          className="mono"
          value={now.headers}
          onChange={(event) => put({ headers: event.target.value })}
        />
      </label>
      {wrong !== null && (
        <p className="fault" role="alert">
          <code>{wrong}</code> is no header field: write <code>Name: value</code>.
        </p>
      )}
      <label>
        Body
        <textarea rows={6} className="mono" value={now.body} onChange={(event) => put({ body: event.target.value })} />
      </label>
      <div>
        <button type="submit" disabled={acting}>
          Send as edited
        </button>
      </div>
    </form>
  );
}
