import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { flows, type Version } from "../../api/flows";
import { useMay } from "../../api/role";
import { Busy } from "../../ui/Busy";
import { Empty } from "../../ui/Empty";
import { Fault } from "../../ui/Fault";
import { Pill } from "../../ui/Pill";
import { Changes } from "./Changes";

/** What was published, when, by whom and why; how any two of them differ, or one and the draft; and the way back. */
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
  const list = useInfiniteQuery({
    queryKey: ["versions", name],
    queryFn: ({ pageParam }) => flows.versions(name, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next ?? null,
    staleTime: 0,
  });
  const versions = list.data?.pages.flatMap((page) => page.versions) ?? [];
  const version = versions.find((one) => one.version === chosen) ?? versions[0];
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
      {list.isSuccess && versions.length === 0 && (
        <Empty title="Nothing was published yet." next="“Publish” makes version 1 of the draft." />
      )}
      {version && (
        <div className="versions">
          <ol>
            {versions.map((one) => (
              <li key={one.version}>
                <button type="button" aria-pressed={one === version} onClick={() => setChosen(one.version)}>
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
            {list.hasNextPage && (
              <li>
                <button type="button" disabled={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
                  {list.isFetchingNextPage ? "Loading…" : "Older versions"}
                </button>
              </li>
            )}
          </ol>
          <VersionView
            key={version.version}
            name={name}
            version={version}
            others={versions.filter((one) => one !== version)}
            text={text}
            restored={() => {
              dialog.current?.close();
              restored();
            }}
          />
        </div>
      )}
    </dialog>
  );
}

type ViewProps = { name: string; version: Version; others: Version[]; text: string; restored: () => void };

/** A version's text never changes. */
function useVersion(name: string, version: number | null) {
  return useQuery({
    queryKey: ["version", name, version],
    queryFn: () => flows.version(name, version ?? 0),
    enabled: version !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function VersionView({ name, version: { version, current }, others, text, restored }: ViewProps) {
  const may = useMay("author");
  const [to, setTo] = useState<number | null>(null);
  const shown = useVersion(name, version);
  const other = useVersion(name, to);
  const [message, setMessage] = useState(`Back to version ${version}.`);
  const restore = useMutation({ mutationFn: () => flows.restore(name, version, { message }), onSuccess: restored });
  if (shown.isPending) return <Busy what={`version ${version}`} />;
  if (shown.isError) return <Fault error={shown.error} again={() => shown.refetch()} />;
  return (
    <div className="stack">
      <label>
        From version {version} to
        <select value={to ?? ""} onChange={({ target }) => setTo(target.value === "" ? null : Number(target.value))}>
          <option value="">what is being edited</option>
          {others.map((one) => (
            <option key={one.version} value={one.version}>
              version {one.version}: {one.message}
            </option>
          ))}
        </select>
      </label>
      {to === null && <Changes before={shown.data.document} after={text} />}
      {to !== null && other.data && <Changes before={shown.data.document} after={other.data.document} />}
      {other.isError && <Fault error={other.error} again={() => other.refetch()} />}
      {may && !current && (
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
