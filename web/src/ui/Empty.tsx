import type { ReactNode } from "react";

/** Stands where there is nothing yet, and says what to do next. */
export function Empty({ title, next }: { title: string; next: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      <span>{next}</span>
    </div>
  );
}
