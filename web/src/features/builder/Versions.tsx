import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { flows } from "../../api/flows";
import { Busy } from "../../ui/Busy";
import { Empty } from "../../ui/Empty";
import { Fault } from "../../ui/Fault";
import { Pill } from "../../ui/Pill";
import { Changes } from "./Changes";

/** What was published, when, by whom and why; how it differs from the draft; and the way back. */
export function Versions({
  name,
  text,
  restored,
  close,
}: {
  name: string;
  text: string;
  restored: () => void;
  close: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const list = useQuery({
    queryKey: ["versions", name],
    queryFn: () => flows.versions(name, null).then(({ versions }) => versions),
    staleTime: 0,
  });
  const version = chosen ?? list.data?.[0]?.version ?? null;
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="sheet wide" aria-labelledby="versions" onClose={close}>
      <div className="row spread">
        <h2 id="versions">Versions of {name}</h2>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
      {list.isPending && <Busy what="versions" />}
      {list.isError && <Fault error={list.error} again={() => list.refetch()} />}
      {list.data?.length === 0 && (
        <Empty title="Nothing was published yet." next="“Publish” makes version 1 of the draft." />
      )}
      {list.data && list.data.length > 0 && (
        <div className="versions">
          <ol>
            {list.data.map((one) => (
              <li key={one.version}>
                <button type="button" aria-pressed={one.version === version} onClick={() => setChosen(one.version)}>
                  <span className="row">
                    <strong>{one.version}</strong>
                    {one.current && <Pill tone="good">runs now</Pill>}
                  </span>
                  <span>{one.message}</span>
                  <span className="faint">
                    {one.author}, <time dateTime={one.at}>{new Date(one.at).toLocaleString()}</time>
                  </span>
                </button>
              </li>
            ))}
          </ol>
          {version !== null && (
            <VersionView
              key={version}
              name={name}
              version={version}
              text={text}
              current={list.data.find((one) => one.version === version)?.current === true}
              restored={() => {
                dialog.current?.close();
                restored();
              }}
            />
          )}
        </div>
      )}
    </dialog>
  );
}

type ViewProps = { name: string; version: number; text: string; current: boolean; restored: () => void };

function VersionView({ name, version, text, current, restored }: ViewProps) {
  const shown = useQuery({ queryKey: ["version", name, version], queryFn: () => flows.version(name, version) });
  const [message, setMessage] = useState(`Back to version ${version}.`);
  const restore = useMutation({ mutationFn: () => flows.restore(name, version, { message }), onSuccess: restored });
  if (shown.isPending) return <Busy what={`version ${version}`} />;
  if (shown.isError) return <Fault error={shown.error} again={() => shown.refetch()} />;
  return (
    <div className="stack">
      <p className="faint">From version {version} to what is being edited:</p>
      <Changes before={shown.data.document} after={text} />
      {!current && (
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault();
            restore.mutate();
          }}
        >
          <label>
            Why it is restored
            <input value={message} required maxLength={200} onChange={({ target }) => setMessage(target.value)} />
          </label>
          <button type="submit" disabled={restore.isPending}>
            Restore version {version}
          </button>
        </form>
      )}
      {restore.isError && <Fault error={restore.error} />}
    </div>
  );
}
