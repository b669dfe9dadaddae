import { useLocation, useNavigate } from "react-router";
import { api, data } from "../../api/client";
import { Empty } from "../../ui/Empty";
import { Credentials } from "./Credentials";

/** Where a link leads by which somebody comes in: an administrator, unless it names whose it is. What it carries follows the `#`, and
 * so no log has it. */
export default function Welcome() {
  const [token, whose] = useLocation().hash.slice(1).split(";");
  const name = read(whose);
  const navigate = useNavigate();
  if (!token) return <Empty title="This link is not whole." next="Open it as it was given to you." />;
  return (
    <Credentials
      title="Welcome to passthru"
      act="Come in"
      fresh
      {...(name ? { known: name } : {})}
      send={(name, password) => data(api.POST("/api/v1/welcome", { body: { token, name, password } }))}
      then={() => navigate("/", { replace: true })}
    >
      <p className="faint">
        {name
          ? "Choose a password of at least ten characters."
          : "Choose a name and a password of at least ten characters: you are an administrator from then on."}{" "}
        The link is good once.
      </p>
    </Credentials>
  );
}

function read(whose: string | undefined): string | undefined {
  try {
    return whose && decodeURIComponent(whose);
  } catch {
    return undefined;
  }
}
