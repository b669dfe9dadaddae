/** Says what is awaited. */
export function Busy({ what }: { what: string }) {
  return (
    <p className="faint" role="status">
      Loading {what}…
    </p>
  );
}
