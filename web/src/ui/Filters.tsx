import { type KeyboardEvent, useEffect, useRef } from "react";
import { useSearchParams } from "react-router";
import { fromField, toField } from "./local";
import "./rows.css";

/** Something that a list can be narrowed by; its name is the one in the address bar. */
export type Field =
  | { name: string; label: string; kind: "text" | "number"; options?: readonly string[] }
  | { name: string; label: string; kind: "choice"; options: readonly string[] }
  | { name: string; label: string; kind: "moment" };

/** What the address bar says of these fields; what it does not say is left out. */
export function useFilters<Name extends string>(names: readonly Name[]): Partial<Record<Name, string>> {
  const [params] = useSearchParams();
  const told = names.flatMap((name) => (params.get(name) ? [[name, params.get(name)] as const] : []));
  return Object.fromEntries(told) as Partial<Record<Name, string>>;
}

/** The fields that narrow a list. Their values stand in the address bar. The key / leads to the first. */
export function Filters({ fields }: { fields: readonly Field[] }) {
  const [params, setParams] = useSearchParams();
  const form = useRef<HTMLFormElement>(null);
  useSlash(() => form.current?.querySelector<HTMLElement>("input, select")?.focus());
  const put = (name: string, value: string) => {
    if ((params.get(name) ?? "") === value) return;
    setParams((before) => {
      if (value === "") before.delete(name);
      else before.set(name, value);
      return before;
    });
  };
  const clear = () =>
    setParams((before) => {
      for (const { name } of fields) before.delete(name);
      return before;
    });
  return (
    <search>
      <form className="row filters" ref={form} onSubmit={(event) => event.preventDefault()}>
        {fields.map((field) => (
          <label key={field.name} htmlFor={`filter-${field.name}`}>
            {field.label}
            <Input field={field} value={params.get(field.name) ?? ""} put={(value) => put(field.name, value)} />
          </label>
        ))}
        <button type="button" onClick={clear} disabled={!fields.some(({ name }) => params.has(name))}>
          Clear
        </button>
      </form>
    </search>
  );
}

function Input({ field, value, put }: { field: Field; value: string; put: (value: string) => void }) {
  switch (field.kind) {
    case "choice":
      return (
        <select id={`filter-${field.name}`} value={value} onChange={(event) => put(event.target.value)}>
          <option value="">any</option>
          {field.options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      );
    case "moment":
      return (
        <input
          id={`filter-${field.name}`}
          type="datetime-local"
          value={toField(value)}
          onChange={(event) => put(fromField(event.target.value))}
        />
      );
    default:
      return <Text field={field} value={value} put={put} />;
  }
}

function Text({
  field,
  value,
  put,
}: {
  field: Field & { kind: "text" | "number" };
  value: string;
  put: (value: string) => void;
}) {
  const list = field.options ? `options-${field.name}` : undefined;
  const enter = (event: KeyboardEvent<HTMLInputElement>) =>
    event.key === "Enter" && put(event.currentTarget.value.trim());
  return (
    <>
      <input
        key={value}
        id={`filter-${field.name}`}
        type={field.kind === "number" ? "number" : "search"}
        defaultValue={value}
        list={list}
        size={14}
        onBlur={(event) => put(event.target.value.trim())}
        onKeyDown={enter}
      />
      {list && (
        <datalist id={list}>
          {field.options?.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
    </>
  );
}

/** Acts on the key / unless somebody writes. */
function useSlash(act: () => void) {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const listener = (event: globalThis.KeyboardEvent) => {
      const writes = (event.target as Element).closest?.("input, select, textarea, [contenteditable]");
      if (event.key !== "/" || event.ctrlKey || event.metaKey || writes) return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
}
