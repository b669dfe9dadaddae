import { useId } from "react";
import { contentType, DOES, FIRST, type Reply, wrong } from "../../flow/reply";

const DOING: Record<Reply["does"], string> = {
  answers: "answers",
  timeout: "lets it time out",
  refused: "refuses the connection",
};
const STATUSES = ["200", "302", "404", "500", "503"];

/** The most that a rehearsal takes for a site. */
const MOST = 100;

export type RepliesProps = { site: string; replies: readonly Reply[]; set: (replies: Reply[]) => void };

/** What a site says: to the first request, to the one after, and so on. */
export function Replies({ site, replies, set }: RepliesProps) {
  const put = (at: number, change: Partial<Reply>) =>
    set(replies.map((one, index) => (index === at ? { ...one, ...change } : one)));
  return (
    <fieldset className="replies">
      <legend>
        <code>{site}</code>
      </legend>
      {replies.length === 0 && <p className="faint">is not there</p>}
      <ol>
        {replies.map((reply, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a reply is its place
          <li key={at}>
            <Saying
              reply={reply}
              which={replies.length > 1 ? `answer ${at + 1} of ${site}` : `the answer of ${site}`}
              put={(change) => put(at, change)}
              remove={() => set(replies.filter((_, index) => index !== at))}
            />
          </li>
        ))}
      </ol>
      {replies.length < MOST && (
        <button
          type="button"
          className="small"
          aria-label={`${replies.length === 0 ? "Let it answer" : "Then another answer"}: ${site}`}
          onClick={() => set([...replies, FIRST])}
        >
          {replies.length === 0 ? "Let it answer" : "Then another answer"}
        </button>
      )}
    </fieldset>
  );
}

type SayingProps = { reply: Reply; which: string; put: (change: Partial<Reply>) => void; remove: () => void };

function Saying({ reply, which, put, remove }: SayingProps) {
  const id = useId();
  const { does, status, after, body } = reply;
  const problem = wrong(reply);
  const help = problem ? `${id}-problem` : undefined;
  return (
    <div className="saying">
      <select
        aria-label={`What happens: ${which}`}
        value={does}
        onChange={({ target }) => put({ does: target.value as Reply["does"] })}
      >
        {DOES.map((one) => (
          <option key={one} value={one}>
            {DOING[one]}
          </option>
        ))}
      </select>
      <button type="button" className="small" aria-label={`Remove ${which}`} onClick={remove}>
        ×
      </button>
      {does === "answers" && (
        <>
          <input
            aria-label={`Status of ${which}`}
            aria-invalid={problem !== null}
            aria-describedby={help}
            inputMode="numeric"
            list={`${id}-statuses`}
            value={status}
            onChange={({ target }) => put({ status: target.value })}
          />
          <datalist id={`${id}-statuses`}>
            {STATUSES.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
          <input
            aria-label={`Time until ${which}`}
            aria-invalid={problem !== null}
            aria-describedby={help}
            placeholder="after 10ms"
            value={after}
            onChange={({ target }) => put({ after: target.value })}
          />
          <textarea
            aria-label={`Body of ${which}`}
            rows={body.includes("\n") ? 3 : 1}
            placeholder="no body"
            value={body}
            onChange={({ target }) => put({ body: target.value })}
          />
          {body !== "" && <span className="field-help">sent as {contentType(body)}</span>}
        </>
      )}
      {problem && (
        <span id={`${id}-problem`} className="field-problem error" role="alert">
          {problem}
        </span>
      )}
    </div>
  );
}
