import { useMutation } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { Copy } from "../../ui/Copy";
import { Moment } from "../../ui/Moment";

interface Link {
  name: string;
  url: string;
  expires: string;
}

/** Makes links by which somebody comes in. */
export function useLink() {
  return useMutation({
    mutationFn: async (name: string): Promise<Link> => {
      const { token, expires } = await data(api.POST("/api/v1/people/{name}/link", { params: { path: { name } } }));
      const url = `${window.location.origin}/console/welcome#${token};${encodeURIComponent(name)}`;
      return { name, url, expires };
    },
  });
}

/** A link to hand out, which is told this once. */
export function Handed({ name, url, expires }: Link) {
  return (
    <section role="status" className="sheet stack" aria-label={`Link for ${name}`}>
      <strong>Hand this link to {name}. It is not shown again.</strong>
      <div className="row">
        <code style={{ overflowWrap: "anywhere" }}>{url}</code>
        <Copy text={url}>Copy the link</Copy>
      </div>
      <p className="faint">
        It is good once, until <Moment at={expires} />. Whoever opens it is {name} from then on.
      </p>
    </section>
  );
}
