import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];

/** What the server refused, in its own words (RFC 9457). */
export class ApiFault extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.title);
  }
}

/** The server's API, typed by its OpenAPI document. */
export const api = createClient<paths>({ baseUrl: "" });

/** The data of an answer, or its problem thrown. */
export async function data<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked;
  if (data !== undefined) return data;
  throw new ApiFault(response.status, problem(error, response));
}

/** Waits for an answer without data; its problem is thrown. */
export async function done(asked: Promise<{ error?: unknown; response: Response }>): Promise<void> {
  const { error, response } = await asked;
  if (!response.ok) throw new ApiFault(response.status, problem(error, response));
}

function problem(error: unknown, response: Response): Problem {
  const told = typeof error === "object" && error !== null && "title" in error;
  return told ? (error as Problem) : ({ title: `The server answered ${response.status}.` } as Problem);
}
