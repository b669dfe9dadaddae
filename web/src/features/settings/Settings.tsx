import { useQuery } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { useMay } from "../../api/role";
import { Busy } from "../../ui/Busy";
import { Copy } from "../../ui/Copy";
import { Empty } from "../../ui/Empty";
import { Fault } from "../../ui/Fault";
import { Keys } from "./Keys";

/** The configuration as it is in force, and the keys of the v1 API. */
export default function Settings() {
  if (useMay("admin")) return <Shown />;
  return (
    <>
      <h1>Settings</h1>
      <Empty title="Settings are shown to administrators." next="Ask one for what you need, or for the admin's role." />
    </>
  );
}

function Shown() {
  const settings = useQuery({ queryKey: ["settings"], queryFn: () => data(api.GET("/api/v1/settings")) });
  if (settings.isPending) return <Busy what="the settings" />;
  if (settings.isError) return <Fault error={settings.error} again={() => settings.refetch()} />;
  const { text, version } = settings.data;
  return (
    <div className="stack">
      <h1>Settings</h1>
      <Keys />
      <section className="sheet" aria-labelledby="configuration">
        <div className="row spread">
          <h2 id="configuration">Configuration</h2>
          <Copy text={text}>Copy</Copy>
        </div>
        <p className="faint">
          As passthru {version} runs with it; secrets are three dots. Change the file that the server was started with,
          and restart it. <code>passthru print-config</code> prints the same.
        </p>
        <section className="scroll" aria-label="The configuration's text">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
          <pre tabIndex={0}>{text}</pre>
        </section>
      </section>
    </div>
  );
}
