// Reads the request of a Passthru: what is text on the wire becomes numbers, truth values and lists. No dependency.

import { shapes } from "./shapes.js";

export { Refused, verify } from "./verify.js";

/** Names within a name, at most: `Legs[0][Insights][Status]` has four. */
const DEPTH = 4;

/** Fields of a request, at most. */
const FIELDS = 1000;

/** Values within values of a JSON body, at most. */
const JSON_DEPTH = 64;

/** Why a request is no Passthru's. */
export class Unreadable extends Error {
  constructor(why) {
    super(`this is not the request of a Passthru: ${why}`);
  }
}

/** Reads a query (`request.url` behind its `?`), or the body of a form. */
export function parseForm(text) {
  return parseFields([...new URLSearchParams(text)]);
}

/** Reads a JSON body: text, or what was parsed of it. */
export function parseJson(body) {
  let object = body;
  if (typeof body === "string") {
    try {
      object = JSON.parse(body);
    } catch (error) {
      throw new Unreadable(error.message);
    }
  }
  if (object === null || typeof object !== "object" || Array.isArray(object)) throw new Unreadable("no JSON object");
  return parseFields(flatten(object));
}

/** Reads decoded fields. Of a name that is there twice the last counts: your own come first. */
export function parseFields(fields) {
  if (fields.length > FIELDS) throw new Unreadable(`${fields.length} fields, at most ${FIELDS} are read`);
  const nested = nest(fields);
  const passthru = { classic: read("Classic", nested, ""), fields };
  if (nested.Profile === "extended") passthru.extended = read("Extended", nested, "");
  return passthru;
}

/** The keys that were pressed, without the quotes around them; undefined if none was asked for. */
export function keys(classic) {
  return classic.digits?.replace(/^"(.*)"$/s, "$1");
}

/**
 * The moment that a time of the classic profile names, which has no zone: India's unless you say another offset. Undefined for
 * what is no time, and for those that mean that it is not known, such as 1970.
 */
export function moment(text, offset = "+05:30") {
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const long = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d)$/.exec(text);
  const date = long && `${long[3]}-${String(months.indexOf(long[2]) + 1).padStart(2, "0")}-${long[1]} ${long[4]}`;
  const short = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.exec(date ?? text);
  const at = short && Date.parse(`${short[1]}T${short[2]}${offset}`);
  return at ? new Date(at) : undefined; // neither 0, which is 1970, nor NaN
}

/** The fields as values within values. */
function nest(fields) {
  const root = Object.create(null);
  for (const [name, value] of fields) {
    const path = pathOf(name);
    const last = path.pop();
    let at = root;
    for (const part of path) {
      if (typeof at[part] !== "object") at[part] = Object.create(null);
      at = at[part];
    }
    at[last] = value;
  }
  return root;
}

function pathOf(name) {
  const parts = /^([^[\]]+)((?:\[[^[\]]+\])+)$/.exec(name);
  if (!parts) return [name];
  const path = [parts[1], ...parts[2].slice(1, -1).split("][")];
  return path.length <= DEPTH ? path : [name];
}

function flatten(object) {
  const fields = [];
  const add = (name, value, depth) => {
    if (depth > JSON_DEPTH) throw new Unreadable(`values within values, at most ${JSON_DEPTH} are read`);
    if (value === null || value === undefined) return;
    if (typeof value !== "object") return fields.push([name, String(value)]);
    for (const [key, inner] of Object.entries(value)) add(`${name}[${key}]`, inner, depth + 1);
  };
  for (const [name, value] of Object.entries(object)) add(name, value, 0);
  return fields;
}

function read(type, nested, place) {
  const { required, fields } = shapes[type];
  const missing = required.find((name) => nested[name] === undefined);
  if (missing) throw new Unreadable(`${place}${missing} is missing`);
  const value = {};
  for (const [name, kind] of Object.entries(fields)) {
    if (kind.endsWith("[]")) {
      value[name] = list(kind.slice(0, -2), nested[name] ?? {}, `${place}${name}`);
    } else if (nested[name] !== undefined) {
      value[name] = one(kind, nested[name], `${place}${name}`);
    }
  }
  return value;
}

function list(type, items, place) {
  const numbers = Object.keys(items).filter((key) => /^\d+$/.test(key)).sort((a, b) => a - b);
  return numbers.map((number) => one(type, items[number], `${place}[${number}]`));
}

function one(kind, given, place) {
  if (shapes[kind]) {
    if (typeof given !== "object") throw new Unreadable(`${place} has no names within it`);
    return read(kind, given, `${place}.`);
  }
  if (typeof given !== "string") throw new Unreadable(`${place} has names within it`);
  if (kind === "integer" && /^\d+$/.test(given)) return Number(given);
  if (kind === "number" && /^\d+(\.\d+)?$/.test(given)) return Number(given);
  if (kind === "boolean" && /^(true|false)$/.test(given)) return given === "true";
  if (["integer", "number", "boolean"].includes(kind)) throw new Unreadable(`${place}: "${given}" is no ${kind}`);
  return given;
}
