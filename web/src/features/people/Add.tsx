import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId } from "react";
import { api, data } from "../../api/client";
import { Fault } from "../../ui/Fault";
import { ROLES } from "./role";

/** Adds somebody, and makes the link by which they come in. */
export function Add({ invite }: { invite: (name: string) => void }) {
  const title = useId();
  const queries = useQueryClient();
  const add = useMutation({
    mutationFn: (body: { name: string; role: string }) => data(api.POST("/api/v1/people", { body })),
    onSuccess: ({ name }) => {
      invite(name);
      return queries.invalidateQueries({ queryKey: ["people"] });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const told = new FormData(form);
    const who = { name: String(told.get("name")).trim(), role: String(told.get("role")) };
    add.mutate(who, { onSuccess: () => form.reset() });
  };
  return (
    <form className="sheet stack" aria-labelledby={title} onSubmit={submit}>
      <h2 id={title}>Add somebody</h2>
      <p className="faint">They choose their password when they open the link that you hand to them.</p>
      <div className="row">
        <label>
          Name
          <input name="name" required maxLength={64} autoComplete="off" autoCapitalize="none" />
        </label>
        <label>
          Role
          <select name="role">
            {ROLES.map((role) => (
              <option key={role}>{role}</option>
            ))}
          </select>
        </label>
        <button className="primary" type="submit" disabled={add.isPending} style={{ alignSelf: "end" }}>
          Add and make a link
        </button>
      </div>
      {add.isError && <Fault error={add.error} />}
    </form>
  );
}
