import { api, data } from "../../api/client";
import { Credentials } from "./Credentials";

/** Where people sign in. */
export default function SignIn() {
  return (
    <Credentials
      title="Sign in to passthru"
      act="Sign in"
      send={(name, password) => data(api.POST("/api/v1/session", { body: { name, password } }))}
    >
      <p className="faint">
        An admin lets you in. Who runs the server gets a link for an admin from <code>passthru console link</code>.
      </p>
    </Credentials>
  );
}
