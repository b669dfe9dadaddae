import { useLocation, useNavigate } from "react-router";
import { api, data } from "../../api/client";
import { Empty } from "../../ui/Empty";
import { Credentials } from "./Credentials";

/** Where a link leads by which an administrator comes in. What it carries follows the `#`, and so no log has it. */
export default function Welcome() {
  const token = useLocation().hash.slice(1);
  const navigate = useNavigate();
  if (!token) return <Empty title="This link is not whole." next="Open it as the server printed it." />;
  return (
    <Credentials
      title="Welcome to passthru"
      act="Come in"
      fresh
      send={(name, password) => data(api.POST("/api/v1/welcome", { body: { token, name, password } }))}
      then={() => navigate("/", { replace: true })}
    >
      <p className="faint">
        Choose a name and a password of at least ten characters: you are an administrator from then on. The link is good
        once.
      </p>
    </Credentials>
  );
}
