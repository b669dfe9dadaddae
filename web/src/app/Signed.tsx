import { useMutation } from "@tanstack/react-query";
import { api, done, type Schemas } from "../api/client";
import { Fault } from "../ui/Fault";

/** Who is signed in, and the way out: the page is loaded anew, so that nothing of theirs stays in it. */
export function Signed({ name, role }: Schemas["SessionView"]) {
  const leave = useMutation({
    mutationFn: () => done(api.DELETE("/api/v1/session")),
    onSuccess: () => window.location.reload(),
  });
  return (
    <div className="signed">
      <span>
        {name} <span className="faint">{role}</span>
      </span>
      <button type="button" onClick={() => leave.mutate()} disabled={leave.isPending}>
        Sign out
      </button>
      {leave.isError && <Fault error={leave.error} />}
    </div>
  );
}
