import { ApiFault } from "../api/client";

/** Says what went wrong, where, and what to do about it; offers another try. */
export function Fault({ error, again }: { error: unknown; again?: () => void }) {
  const [title, detail] =
    error instanceof ApiFault
      ? [error.problem.title, error.problem.detail]
      : ["The server does not answer.", "See that it runs, then try again."];
  return (
    <div className="fault" role="alert">
      <strong>{title}</strong>
      {detail && <div>{detail}</div>}
      {again && (
        <p>
          <button type="button" onClick={again}>
            Try again
          </button>
        </p>
      )}
    </div>
  );
}
