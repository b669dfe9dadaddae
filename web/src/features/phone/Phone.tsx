import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { api, data } from "../../api/client";
import { useMay } from "../../api/role";
import { Busy } from "../../ui/Busy";
import { Empty } from "../../ui/Empty";
import { Fault } from "../../ui/Fault";
import { Pill } from "../../ui/Pill";
import { type Phone as Handset, usePhone } from "./call";
import "./phone.css";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

const STATES = {
  idle: <Pill>on the hook</Pill>,
  calling: <Pill tone="warn">calling</Pill>,
  talking: <Pill tone="good">in conversation</Pill>,
  over: <Pill>over</Pill>,
};

/** Places a test call to a flow: this page hears it and presses keys, a softphone of the server is the caller. */
export default function Phone() {
  if (useMay("author")) return <Apparatus />;
  return (
    <>
      <h1>Phone</h1>
      <Empty title="The phone places calls, as authors may." next="Ask an administrator for the author's role." />
    </>
  );
}

function Apparatus() {
  const flows = useQuery({ queryKey: ["flows"], queryFn: () => data(api.GET("/api/v1/flows")) });
  const phone = usePhone();
  return (
    <div className="stack phone">
      <h1>Phone</h1>
      {flows.isPending && <Busy what="the flows" />}
      {flows.isError && <Fault error={flows.error} again={() => flows.refetch()} />}
      {flows.data && (
        <Dial flows={flows.data.flows.filter((flow) => flow.id !== null).map((flow) => flow.name)} phone={phone} />
      )}
      <Keypad phone={phone} />
      <Happened phone={phone} />
    </div>
  );
}

/** Whom to call, and as whom. */
function Dial({ flows, phone }: { flows: string[]; phone: Handset }) {
  const [asked, ask] = useSearchParams();
  const [from, setFrom] = useState("+919900000001");
  const flow = asked.get("flow") ?? flows[0];
  const busy = phone.state === "calling" || phone.state === "talking";
  if (!flow) {
    return <Empty title="No flow is published yet." next={<Link to="/flows">Make one, and publish it.</Link>} />;
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    phone.dial({ flow, from });
  };
  return (
    <form className="sheet row" onSubmit={submit}>
      <label>
        Flow
        <select value={flow} onChange={(event) => ask({ flow: event.target.value }, { replace: true })} disabled={busy}>
          {!flows.includes(flow) && <option>{flow}</option>}
          {flows.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        Calling as
        <input
          value={from}
          onChange={(event) => setFrom(event.target.value)}
          maxLength={128}
          required
          disabled={busy}
        />
      </label>
      <span className="row end">
        {busy ? (
          <button type="button" className="danger" onClick={phone.hangUp}>
            Hang up
          </button>
        ) : (
          <button type="submit" className="primary">
            Call
          </button>
        )}
        <span aria-live="polite">{STATES[phone.state]}</span>
      </span>
    </form>
  );
}

function Keypad({ phone }: { phone: Handset }) {
  const off = phone.state !== "talking";
  return (
    <section className="sheet" aria-label="Keypad">
      <div className="keypad">
        {KEYS.map((key) => (
          <button key={key} type="button" disabled={off} onClick={() => phone.press(key)}>
            {key}
          </button>
        ))}
      </div>
    </section>
  );
}

function Happened({ phone }: { phone: Handset }) {
  if (phone.lines.length === 0) {
    return <p className="faint">You hear the call here; your microphone stays off. Keys go out as RFC 4733 events.</p>;
  }
  return (
    <section className="sheet" aria-label="What happened">
      <ol className="lines" aria-live="polite">
        {phone.lines.map(({ n, at, text }) => (
          <li key={n}>
            <time dateTime={at.toISOString()}>{at.toLocaleTimeString()}</time> {text}
          </li>
        ))}
      </ol>
      <Link to={`/calls${phone.began ? `?since=${encodeURIComponent(phone.began.toISOString())}` : ""}`}>
        See what it did
      </Link>
    </section>
  );
}
