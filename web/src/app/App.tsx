import { lazy, Suspense } from "react";
import { Route, Routes } from "react-router";
import { Busy } from "../ui/Busy";
import { Empty } from "../ui/Empty";
import { Shell } from "./Shell";

const Directory = lazy(() => import("../features/directory/Directory"));
const Audit = lazy(() => import("../features/audit/Audit"));
const People = lazy(() => import("../features/people/People"));
const Home = lazy(() => import("../features/home/Home"));
const Phone = lazy(() => import("../features/phone/Phone"));
const Settings = lazy(() => import("../features/settings/Settings"));
const Call = lazy(() => import("../features/call/Call"));
const Calls = lazy(() => import("../features/calls/Calls"));
const Callout = lazy(() => import("../features/callouts/Callout"));
const Callouts = lazy(() => import("../features/callouts/Callouts"));
const Recordings = lazy(() => import("../features/recordings/Recordings"));
const Flows = lazy(() => import("../features/flows/Flows"));
const Builder = lazy(() => import("../features/builder/Builder"));

/** Which address shows which page. A page is a chunk of its own. */
export function App() {
  return (
    <Shell>
      <Suspense fallback={<Busy what="the page" />}>
        <Routes>
          <Route index element={<Home />} />
          <Route path="directory" element={<Directory />} />
          <Route path="phone" element={<Phone />} />
          <Route path="settings" element={<Settings />} />
          <Route path="audit" element={<Audit />} />
          <Route path="people" element={<People />} />
          <Route path="calls" element={<Calls />} />
          <Route path="calls/:sid" element={<Call />} />
          <Route path="callouts" element={<Callouts />} />
          <Route path="callouts/:id" element={<Callout />} />
          <Route path="recordings" element={<Recordings />} />
          <Route path="flows" element={<Flows />} />
          <Route path="flows/:name" element={<Builder />} />
          <Route
            path="*"
            element={<Empty title="There is no such page." next="Choose one from the list at the side." />}
          />
        </Routes>
      </Suspense>
    </Shell>
  );
}
