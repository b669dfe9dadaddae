import type { Classic, Extended } from "./types.js";

export type * from "./types.js";
export { Refused, verify } from "./verify.js";

/** The request of a Passthru. */
export interface Passthru {
  /** The parameters as Exotel has them, quirks included. */
  classic: Classic;
  /** The same without quirks, if the extended profile was sent. Its moments are ISO 8601: `new Date(call.extended.SentAt)`. */
  extended?: Extended;
  /** All fields as they came, decoded and in order, your own among them. */
  fields: [name: string, value: string][];
}

/** Why a request is no Passthru's. */
export class Unreadable extends Error {}

/** Reads a query (`request.url` behind its `?`), or the body of a form. */
export function parseForm(text: string): Passthru;

/** Reads a JSON body: text, or what was parsed of it. */
export function parseJson(body: string | object): Passthru;

/** Reads decoded fields. Of a name that is there twice the last counts: your own come first. */
export function parseFields(fields: [name: string, value: string][]): Passthru;

/** The keys that were pressed, without the quotes around them; undefined if none was asked for. */
export function keys(classic: Classic): string | undefined;

/**
 * The moment that a time of the classic profile names, which has no zone: India's unless you say another offset. Undefined for
 * what is no time, and for those that mean that it is not known, such as 1970.
 */
export function moment(text: string, offset?: string): Date | undefined;
