import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useId } from "react";
import { Link } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { Busy } from "../../ui/Busy";
import { Fault } from "../../ui/Fault";
import { Pill } from "../../ui/Pill";

/** Phones come and go: how often who is there is asked again. */
const EVERY = 5_000;

/** Numbers, users, groups and trunks, as the configuration has them, and which phones are there. */
export default function Directory() {
  const directory = useQuery({
    queryKey: ["directory"],
    queryFn: () => data(api.GET("/api/v1/directory")),
    refetchInterval: EVERY,
  });
  if (directory.isPending) return <Busy what="numbers and users" />;
  if (directory.isError) return <Fault error={directory.error} again={() => directory.refetch()} />;
  const { numbers, users, groups, trunks } = directory.data;
  return (
    <div className="stack">
      <h1>Numbers and users</h1>
      <p className="faint">They stand in the configuration: change its file, and restart the server.</p>
      <Numbers numbers={numbers} />
      <Part title="Users" none="No user: write [[user]] with name and password, and a softphone registers with them.">
        {users.map(({ name, email, registered }) => (
          <tr key={name}>
            <td>
              <code>sip:{name}</code>
            </td>
            <td>{registered ? <Pill tone="good">phone is there</Pill> : <Pill>no phone</Pill>}</td>
            <td>{email ?? ""}</td>
          </tr>
        ))}
      </Part>
      <Part title="Groups" none="No group: write [[group]] with name and members to ring several by one name.">
        {groups.map(({ name, members, order }) => (
          <tr key={name}>
            <td>
              <code>group:{name}</code>
            </td>
            <td>{order}</td>
            <td>{members.join(", ")}</td>
          </tr>
        ))}
      </Part>
      <Part title="Trunks" none="No trunk: flows ring no telephone numbers until there is a [[trunk]].">
        {trunks.map(({ name, host, numbers, caller_id, register }) => (
          <tr key={name}>
            <td>{name}</td>
            <td>
              <code>{host}</code> {register && <Pill>registers</Pill>}
            </td>
            <td>
              {numbers.length > 0 && <code>{numbers.join("  ")}</code>}
              {caller_id && <div className="faint">shows {caller_id}</div>}
            </td>
          </tr>
        ))}
      </Part>
    </div>
  );
}

function Numbers({ numbers }: { numbers: Schemas["Number"][] }) {
  return (
    <Part
      title="Numbers"
      none="No number: with one flow alone every number starts it; else write [[number]] with number and flow."
    >
      {numbers.map(({ number, flow }) => (
        <tr key={number}>
          <td>
            <code>{number}</code>
          </td>
          <td>
            starts <Link to={`/flows/${encodeURIComponent(flow)}`}>{flow}</Link>
          </td>
          <td>
            <Link to={`/calls?to=${encodeURIComponent(number)}`}>its calls</Link>
          </td>
        </tr>
      ))}
    </Part>
  );
}

/** A part of the page: rows, or what to write to have some. */
function Part({ title, none, children }: { title: string; none: string; children: ReactNode[] }) {
  const id = useId();
  return (
    <section className="sheet" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children.length === 0 ? (
        <p className="faint">{none}</p>
      ) : (
        <div className="scroll">
          <table aria-labelledby={id}>
            <tbody>{children}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}
