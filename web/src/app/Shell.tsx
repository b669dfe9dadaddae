import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense } from "react";
import { NavLink, useLocation } from "react-router";
import { api, data } from "../api/client";
import { Busy } from "../ui/Busy";
import { Signed } from "./Signed";

const SignIn = lazy(() => import("../features/signin/SignIn"));
const Welcome = lazy(() => import("../features/signin/Welcome"));

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

/** What surrounds every page: its name, the list of pages, and the place where the page stands; or the way in. */
export function Shell({ children }: { children: ReactNode }) {
  const session = useQuery({ queryKey: ["session"], queryFn: () => data(api.GET("/api/v1/session")) });
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
        {PAGES.map(({ to, label }) => (
          <NavLink key={to} to={to} end={to === "/"}>
            {label}
          </NavLink>
        ))}
        {session.data?.signed_in && <Signed {...session.data} />}
      </nav>
      <main id="page" tabIndex={-1}>
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
