import { lazy, type ReactNode, Suspense } from "react";
import { NavLink, useLocation } from "react-router";
import { type Role, useMay, useSession } from "../api/role";
import { Busy } from "../ui/Busy";
import { Signed } from "./Signed";

const SignIn = lazy(() => import("../features/signin/SignIn"));
const Welcome = lazy(() => import("../features/signin/Welcome"));

const PAGES: readonly { to: string; label: string; needs?: Role }[] = [
  { to: "/", label: "Home" },
  { to: "/flows", label: "Flows" },
  { to: "/calls", label: "Calls" },
  { to: "/callouts", label: "Callouts" },
  { to: "/recordings", label: "Recordings" },
  { to: "/phone", label: "Phone", needs: "author" },
  { to: "/directory", label: "Numbers, users" },
  { to: "/audit", label: "Audit" },
  { to: "/people", label: "People", needs: "admin" },
  { to: "/settings", label: "Settings", needs: "admin" },
];

/** What surrounds every page: its name, the list of pages, and the place where the page stands; or the way in. */
export function Shell({ children }: { children: ReactNode }) {
  const session = useSession();
  const may: Record<Role, boolean> = { viewer: true, author: useMay("author"), admin: useMay("admin") };
  const { pathname } = useLocation();
  if (pathname === "/welcome") return <Gate page={<Welcome />} />;
  if (session.data?.required && !session.data.signed_in) return <Gate page={<SignIn />} />;
  return (
    <div className="shell">
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <nav aria-label="Pages">
        <strong className="brand">passthru</strong>
        {PAGES.filter(({ needs = "viewer" }) => may[needs]).map(({ to, label }) => (
          <NavLink key={to} to={to} end={to === "/"}>
            {label}
          </NavLink>
        ))}
        {session.data?.signed_in && <Signed {...session.data} />}
      </nav>
      <main id="page" tabIndex={-1}>
        {!may.author && (
          <p className="looking" role="note">
            You may look; ask an administrator for the author's role.
          </p>
        )}
        {session.isPending ? <Busy what="the console" /> : children}
      </main>
    </div>
  );
}

/** A page of those who are not in yet. */
function Gate({ page }: { page: ReactNode }) {
  return (
    <main id="page" className="gate">
      <Suspense fallback={<Busy what="the page" />}>{page}</Suspense>
    </main>
  );
}
