import type { ReactNode } from "react";
import { NavLink } from "react-router";

const PAGES = [
  { to: "/", label: "Home" },
  { to: "/flows", label: "Flows" },
  { to: "/calls", label: "Calls" },
  { to: "/callouts", label: "Callouts" },
  { to: "/recordings", label: "Recordings" },
  { to: "/phone", label: "Phone" },
  { to: "/directory", label: "Numbers, people" },
  { to: "/settings", label: "Settings" },
] as const;

/** What surrounds every page: its name, the list of pages, and the place where the page stands. */
export function Shell({ children }: { children: ReactNode }) {
  return (
    <div className="shell">
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <nav aria-label="Pages">
        <strong className="brand">passthru</strong>
        {PAGES.map(({ to, label }) => (
          <NavLink key={to} to={to} end={to === "/"}>
            {label}
          </NavLink>
        ))}
      </nav>
      <main id="page" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}
