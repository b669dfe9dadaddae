/** A form made from the JSON Schema of an applet's settings: one of few kinds of field each. */

export type Schema = {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  examples?: unknown[];
  $ref?: string;
  $defs?: Record<string, Schema>;
  "x-at-least"?: string;
  "x-at-most"?: string;
  "x-language"?: string;
  "x-file"?: string;
  "x-flow"?: boolean;
};

export type Choice = { value: string; help: string };

export type Kind =
  | { kind: "switch" }
  | { kind: "number"; least?: number | undefined; most?: number | undefined }
  | { kind: "text"; long: boolean; hint: string }
  | { kind: "flow" }
  | { kind: "choice"; choices: Choice[]; free: boolean }
  | { kind: "list"; item: Kind }
  | { kind: "map"; hint: string }
  | { kind: "group"; fields: Field[] };

export type Field = {
  name: string;
  help: string;
  required: boolean;
  fallback: string;
  kind: Kind;
};

const WIRES = new Set(["applet", "next", "on"]);

/** The fields of an applet's settings, in the order of the schema. */
export function fieldsOf(schema: Schema, defs: Record<string, Schema> = schema.$defs ?? {}): Field[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => !WIRES.has(name))
    .map(([name, field]) => {
      const meant = resolved(field, defs);
      return {
        name,
        help: (field.description ?? meant.description ?? "").replace(/\n/g, " "),
        required: required.has(name),
        fallback: shown(field.default ?? meant.default),
        kind: kindOf(meant, defs),
      };
    });
}

function shown(value: unknown): string {
  return value === undefined || value === null || value === "" ? "" : String(value);
}

/** The schema that a reference names, or the one that is left when nothing may stand there, too. */
function resolved(schema: Schema, defs: Record<string, Schema>): Schema {
  const name = schema.$ref?.replace("#/$defs/", "");
  const named = name === undefined ? undefined : defs[name];
  if (named) return resolved(named, defs);
  const variants = (schema.anyOf ?? []).filter((variant) => variant.type !== "null");
  const [only] = variants;
  return variants.length === 1 && only ? resolved({ ...only, ...described(schema) }, defs) : schema;
}

function described({ description, default: fallback }: Schema): Schema {
  return { ...(description && { description }), ...(fallback !== undefined && { default: fallback }) };
}

function kindOf(schema: Schema, defs: Record<string, Schema>): Kind {
  const types = [schema.type ?? []].flat().filter((type) => type !== "null");
  const variants = (schema.anyOf ?? []).map((variant) => resolved(variant, defs)).filter(({ type }) => type !== "null");
  const list = variants.find(({ type }) => type === "array") ?? (types[0] === "array" ? schema : undefined);
  if (list?.items) return { kind: "list", item: kindOf(resolved(list.items, defs), defs) };
  const names = choices([schema, ...variants]);
  if (names.length > 0) return { kind: "choice", choices: names, free: variants.length > 1 };
  if (variants.length > 0) return kindOf(variants[0] as Schema, defs);
  if (types[0] === "boolean") return { kind: "switch" };
  if (types[0] === "integer") return { kind: "number", least: schema.minimum, most: schema.maximum };
  if (schema.properties) return { kind: "group", fields: fieldsOf(schema, defs) };
  if (typeof schema.additionalProperties === "object") return { kind: "map", hint: hint(schema.additionalProperties) };
  if (schema["x-flow"]) return { kind: "flow" };
  const long = (schema.maxLength ?? 0) >= 4096 && schema.format !== "uri";
  return { kind: "text", long, hint: hint(schema) };
}

function choices(schemas: Schema[]): Choice[] {
  return schemas.flatMap((schema) => {
    const said = (schema.oneOf ?? []).filter((one) => one.const !== undefined);
    if (said.length > 0) return said.map((one) => ({ value: String(one.const), help: one.description ?? "" }));
    if (schema.const !== undefined) return [{ value: String(schema.const), help: "" }];
    return (schema.enum ?? []).map((value) => ({ value: String(value), help: "" }));
  });
}

/** What to write there, in few words. */
function hint(schema: Schema): string {
  const [least, most] = [schema["x-at-least"], schema["x-at-most"]];
  if (least && most) return `${least} to ${most}`;
  if (schema.format === "uri") return "https://…";
  if (schema.examples?.[0] !== undefined) return String(schema.examples[0]);
  if (schema["x-file"]) return "prompts/hello.wav";
  if (schema["x-language"] === "cel") return 'call.from == "+91…"';
  if (schema["x-language"] === "jinja") return "text, with {{ call.from }} in it";
  return "";
}

/** What is written in a field becomes what stands in the document: nothing, a number, a text. */
export function entered(kind: Kind, text: string): unknown {
  if (text === "") return undefined;
  const whole = kind.kind === "number" || (kind.kind === "choice" && kind.free);
  return whole && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

/** A list as it is written: a single text stands alone, without brackets. */
export function listOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
