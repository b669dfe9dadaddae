import { useQuery } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { Busy } from "../../ui/Busy";
import { Fault } from "../../ui/Fault";
import { Add } from "./Add";
import { First } from "./First";
import { Handed, useLink } from "./Handed";
import { List } from "./List";

/** Who may use the console, and what they may do there. */
export default function People() {
  const people = useQuery({ queryKey: ["people"], queryFn: () => data(api.GET("/api/v1/people")) });
  const link = useLink();
  if (people.isPending) return <Busy what="people" />;
  return (
    <div className="stack">
      <h1>People</h1>
      {people.isError && <Fault error={people.error} again={() => people.refetch()} />}
      {people.data?.people.length === 0 && <First />}
      {people.data && people.data.people.length > 0 && (
        <>
          <p className="faint">
            A viewer looks. An author also changes flows, sends callouts again, places and ends calls. An admin also
            sees settings, makes keys, and says who may.
          </p>
          <List people={people.data.people} invite={link.mutate} />
          <Add invite={link.mutate} />
          {link.isError && <Fault error={link.error} />}
          {link.data && <Handed {...link.data} />}
        </>
      )}
    </div>
  );
}
