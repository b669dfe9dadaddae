const SHOWN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** A moment by the reader's own clock; the exact one is in its title. */
export function When({ at }: { at: string }) {
  return (
    <time dateTime={at} title={at} style={{ whiteSpace: "nowrap" }}>
      {SHOWN.format(new Date(at))}
    </time>
  );
}
