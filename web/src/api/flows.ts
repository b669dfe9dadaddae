/** The API of flows: documents, drafts, versions, rehearsals. */
import type { Schema } from "../flow/form";
import { api, data, done, type Problem, type Schemas } from "./client";

/** A schema is any object to the document of the API; the applets' are of few kinds. */
export type Applet = Omit<Schemas["AppletView"], "schema"> & { schema: Schema };

export type Compilation = Schemas["Compiled"];
export type Flow = Schemas["FlowView"];
export type FlowSummary = Schemas["FlowSummary"];
export type Rehearsal = Schemas["RehearsalView"];
export type Version = Schemas["VersionView"];

/** A problem that names what is wrong with the document, too. */
export type DocumentProblem = Problem & { diagnostics?: Schemas["DiagnosticView"][] };

const FLOW = "/api/v1/flows/{name}";
const VERSION = "/api/v1/flows/{name}/versions/{version}";

/** Versions on a page. */
const PAGE = 50;

const of = (name: string) => ({ path: { name } });

export const flows = {
  applets: () => data(api.GET("/api/v1/applets")).then(({ applets }) => applets as Applet[]),
  list: () => data(api.GET("/api/v1/flows")).then(({ flows }) => flows),
  create: (name: string, document: string) => data(api.POST("/api/v1/flows", { body: { name, document } })),
  show: (name: string) => data(api.GET(FLOW, { params: of(name) })),
  compile: (document: string) => data(api.POST("/api/v1/flows/compile", { body: { document } })),
  save: (name: string, body: Schemas["DraftWanted"]) => data(api.PUT(`${FLOW}/draft`, { params: of(name), body })),
  discard: (name: string, revision: string) =>
    done(api.DELETE(`${FLOW}/draft`, { params: { ...of(name), query: { revision } } })),
  publish: (name: string, body: Schemas["PublishWanted"]) =>
    data(api.POST(`${FLOW}/publish`, { params: of(name), body })),
  versions: (name: string, cursor: string | null) => {
    const query = { limit: PAGE, ...(cursor && { cursor }) };
    return data(api.GET(`${FLOW}/versions`, { params: { ...of(name), query } }));
  },
  version: (name: string, version: number) => data(api.GET(VERSION, { params: { path: { name, version } } })),
  restore: (name: string, version: number, body: Schemas["RestoreWanted"]) =>
    data(api.POST(`${VERSION}/restore`, { params: { path: { name, version } }, body })),
  rehearse: (body: Schemas["RehearsalWanted"]) => data(api.POST("/api/v1/rehearsals", { body })),
};
