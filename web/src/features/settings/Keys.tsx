import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { api, data, done, type Schemas } from "../../api/client";
import { Busy } from "../../ui/Busy";
import { Copy } from "../../ui/Copy";
import { Fault } from "../../ui/Fault";
import { Moment } from "../../ui/Moment";
import { Pill } from "../../ui/Pill";

/** The keys that open the v1 API: made, listed, revoked. */
export function Keys() {
  const queries = useQueryClient();
  const title = useId();
  const [note, setNote] = useState("");
  const keys = useQuery({ queryKey: ["keys"], queryFn: () => data(api.GET("/api/v1/keys")) });
  const changed = () => queries.invalidateQueries({ queryKey: ["keys"] });
  const make = useMutation({
    mutationFn: (note: string) => data(api.POST("/api/v1/keys", { body: { note: note || null } })),
    onSuccess: () => {
      setNote("");
      return changed();
    },
  });
  const revoke = useMutation({
    mutationFn: (name: string) => done(api.DELETE("/api/v1/keys/{name}", { params: { path: { name } } })),
    onSettled: changed,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate(note.trim());
  };
  return (
    <section className="sheet stack" aria-labelledby={title}>
      <h2 id={title}>Keys of the v1 API</h2>
      <p className="faint">
        An application that starts calls or reads them back shows a key and its token by HTTP Basic, as it does to
        Exotel.
      </p>
      {keys.isPending && <Busy what="the keys" />}
      {keys.isError && <Fault error={keys.error} again={() => keys.refetch()} />}
      {keys.data && <List keys={keys.data.keys} revoke={(name) => revoke.mutate(name)} />}
      {revoke.isError && <Fault error={revoke.error} />}
      <form className="row" onSubmit={submit}>
        <label>
          What it is for
          <input
            value={note}
            maxLength={200}
            onChange={(event) => setNote(event.target.value)}
            placeholder="the shop"
          />
        </label>
        <button className="primary" type="submit" disabled={make.isPending} style={{ alignSelf: "end" }}>
          Make a key
        </button>
      </form>
      {make.isError && <Fault error={make.error} />}
      {make.data && <Token {...make.data} />}
    </section>
  );
}

/** A new key's token, which is told this once. */
function Token({ name, token }: Schemas["NewKeyView"]) {
  return (
    <div role="status" className="stack">
      <strong>The token is not shown again: copy it now.</strong>
      <div className="row">
        <code style={{ overflowWrap: "anywhere" }}>
          {name} {token}
        </code>
        <Copy text={`${name} ${token}`}>Copy key and token</Copy>
      </div>
    </div>
  );
}

function List({ keys, revoke }: { keys: Schemas["KeyView"][]; revoke: (name: string) => void }) {
  const [asked, ask] = useState<string>();
  if (keys.length === 0) return <p>There is no key yet: the v1 API is closed to everybody.</p>;
  return (
    <section className="scroll" aria-label="Keys">
      <table>
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">For</th>
            <th scope="col">Made</th>
            <th scope="col">State</th>
            <th scope="col">
              <span className="faint">Revoke</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.name}>
              <td>
                <code>{key.name}</code>
              </td>
              <td>{key.note ?? <span className="faint">–</span>}</td>
              <td>
                <Moment at={key.created} />
              </td>
              <td>{key.revoked ? <Pill>revoked</Pill> : <Pill tone="good">good</Pill>}</td>
              <td>
                {!key.revoked &&
                  (asked === key.name ? (
                    <span className="row">
                      <button type="button" className="danger" onClick={() => revoke(key.name)}>
                        Revoke for good
                      </button>
                      <button type="button" onClick={() => ask(undefined)}>
                        Keep it
                      </button>
                    </span>
                  ) : (
                    <button type="button" onClick={() => ask(key.name)} aria-label={`Revoke ${key.note ?? key.name}`}>
                      Revoke…
                    </button>
                  ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
