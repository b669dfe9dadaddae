import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, done, type Schemas } from "../../api/client";
import { Fault } from "../../ui/Fault";
import { Moment } from "../../ui/Moment";
import { ROLES } from "./role";

/** The people, with what can be done about each. */
export function List({ people, invite }: { people: Schemas["PersonView"][]; invite: (name: string) => void }) {
  const queries = useQueryClient();
  const [asked, ask] = useState<string>();
  // It may have been oneself: what the session may is asked again.
  const changed = () => Promise.all(["people", "session"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
  const appoint = useMutation({
    mutationFn: ({ name, role }: { name: string; role: string }) =>
      done(api.PUT("/api/v1/people/{name}", { params: { path: { name } }, body: { role } })),
    onSettled: changed,
  });
  const remove = useMutation({
    mutationFn: (name: string) => done(api.DELETE("/api/v1/people/{name}", { params: { path: { name } } })),
    onSettled: changed,
  });
  return (
    <>
      <section className="scroll" aria-label="Everybody">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Role</th>
              <th scope="col">Since</th>
              <th scope="col">Link</th>
              <th scope="col">Remove</th>
            </tr>
          </thead>
          <tbody>
            {people.map(({ name, role, created }) => (
              <tr key={name}>
                <td>{name}</td>
                <td>
                  <select
                    aria-label={`Role of ${name}`}
                    value={role}
                    disabled={appoint.isPending}
                    onChange={(event) => appoint.mutate({ name, role: event.target.value })}
                  >
                    {ROLES.map((role) => (
                      <option key={role}>{role}</option>
                    ))}
                  </select>
                </td>
                <td>
                  <Moment at={created} />
                </td>
                <td>
                  <button
                    type="button"
                    onClick={() => invite(name)}
                    aria-label={`Make a link for ${name}`}
                    style={{ whiteSpace: "nowrap" }}
                  >
                    Make a link
                  </button>
                </td>
                <td>
                  {asked === name ? (
                    <span className="row">
                      <button type="button" className="danger" onClick={() => remove.mutate(name)}>
                        Remove {name}
                      </button>
                      <button type="button" onClick={() => ask(undefined)}>
                        Keep
                      </button>
                    </span>
                  ) : (
                    <button type="button" onClick={() => ask(name)} aria-label={`Remove ${name}…`}>
                      Remove…
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {appoint.isError && <Fault error={appoint.error} />}
      {remove.isError && <Fault error={remove.error} />}
    </>
  );
}
