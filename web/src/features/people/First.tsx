import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId } from "react";
import { api, data } from "../../api/client";
import { Empty } from "../../ui/Empty";
import { Fault } from "../../ui/Fault";

/** Lets in the first: whoever writes their name here, and is signed in at once. */
export function First() {
  const title = useId();
  const queries = useQueryClient();
  const add = useMutation({
    mutationFn: async (form: FormData) => {
      const who = { name: String(form.get("name")).trim(), password: String(form.get("password")) };
      await data(api.POST("/api/v1/people", { body: { ...who, role: "admin" } }));
      return data(api.POST("/api/v1/session", { body: who }));
    },
    onSuccess: (session) => {
      queries.setQueryData(["session"], session);
      return queries.invalidateQueries({ queryKey: ["people"] });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    add.mutate(new FormData(event.currentTarget));
  };
  return (
    <>
      <Empty
        title="Nobody signs in here yet."
        next="Whoever is on this machine may everything. Add yourself, and from then on everybody signs in."
      />
      <form className="sheet stack" aria-labelledby={title} onSubmit={submit}>
        <h2 id={title}>The first admin</h2>
        <label>
          Name
          <input name="name" required maxLength={64} autoComplete="username" autoCapitalize="none" />
        </label>
        <label>
          Password, of ten characters at least
          <input name="password" type="password" required minLength={10} autoComplete="new-password" />
        </label>
        {add.isError && <Fault error={add.error} />}
        <button className="primary" type="submit" disabled={add.isPending} style={{ alignSelf: "start" }}>
          Add me and sign in
        </button>
      </form>
    </>
  );
}
