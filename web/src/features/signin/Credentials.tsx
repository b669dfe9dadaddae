import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useId } from "react";
import type { Schemas } from "../../api/client";
import { Fault } from "../../ui/Fault";

type Session = Schemas["SessionView"];

interface Asked {
  title: string;
  act: string;
  /** The name, if there is nothing to choose. */
  known?: string;
  /** Whether the password is chosen here. */
  fresh?: boolean;
  send(name: string, password: string): Promise<Session>;
  then?(): void;
  children?: ReactNode;
}

/** A name and a password, which begin a session. */
export function Credentials({ title, act, known, fresh = false, send, then, children }: Asked) {
  const heading = useId();
  const queries = useQueryClient();
  const begin = useMutation({
    mutationFn: (form: FormData) => send(String(form.get("name")), String(form.get("password"))),
    onSuccess: (session) => {
      queries.setQueryData(["session"], session);
      then?.();
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    begin.mutate(new FormData(event.currentTarget));
  };
  return (
    <form className="sheet stack" aria-labelledby={heading} onSubmit={submit}>
      <h1 id={heading}>{title}</h1>
      {children}
      <label>
        Name
        <input
          name="name"
          required
          maxLength={64}
          autoComplete="username"
          autoCapitalize="none"
          defaultValue={known}
          readOnly={known !== undefined}
        />
      </label>
      <label>
        Password
        <input
          name="password"
          type="password"
          required
          minLength={fresh ? 10 : undefined}
          autoComplete={fresh ? "new-password" : "current-password"}
        />
      </label>
      {begin.isError && <Fault error={begin.error} />}
      <button className="primary" type="submit" disabled={begin.isPending}>
        {begin.isPending ? "One moment…" : act}
      </button>
    </form>
  );
}
