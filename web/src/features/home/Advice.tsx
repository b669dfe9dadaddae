import { useQuery } from "@tanstack/react-query";
import { api, data, type Schemas } from "../../api/client";
import { Copy } from "../../ui/Copy";
import { Pill, type Tone } from "../../ui/Pill";

/** Advice changes with the configuration and with what is blocked: seldom. */
const EVERY = 30_000;

const TONES: Record<Schemas["Weight"], Tone> = { fault: "bad", warning: "warn", hint: "plain" };

/** What of the configuration hardly is as it was meant, and the line to write. Nothing, while all is well. */
export function Advice() {
  const asked = useQuery({
    queryKey: ["advice"],
    queryFn: () => data(api.GET("/api/v1/advice")),
    refetchInterval: EVERY,
  });
  const advice = asked.data?.advice ?? [];
  if (advice.length === 0) return null;
  return (
    <section className="sheet" aria-label="Advice">
      <h2>To be looked at</h2>
      <ul className="advice">
        {advice.map(({ weight, about, text, line }) => (
          <li key={`${about} ${text}`}>
            <Pill tone={TONES[weight]}>{weight}</Pill>
            <div>
              <code>{about}</code>
              <p>{text}</p>
              {line && (
                <div className="row">
                  <code className="line">{line}</code>
                  <Copy text={line}>{line.includes("\n") ? "Copy the lines" : "Copy the line"}</Copy>
                </div>
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
