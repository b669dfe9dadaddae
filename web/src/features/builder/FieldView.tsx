import { type ReactNode, useId } from "react";
import type { Key } from "../../flow/edit";
import { entered, type Field, type Kind, listOf } from "../../flow/form";
import type { Diagnostic } from "../../flow/problems";
import { Prose } from "./Prose";

/** Sets what stands at a path below the node; `undefined` takes it out. */
export type SetField = (path: readonly Key[], value: unknown) => void;

type Of<K extends Kind["kind"]> = Extract<Kind, { kind: K }>;

export type FieldViewProps = {
  field: Field;
  value: unknown;
  path: readonly Key[];
  set: SetField;
  flows: readonly string[];
  problems?: readonly Diagnostic[];
};

/** A field of the form: its name, what is written there, what it is for, what is wrong with it. */
export function FieldView({ field, value, path, set, flows, problems = [] }: FieldViewProps) {
  const id = useId();
  const about = `${id}-help`;
  const wrong = problems.some(({ severity }) => severity === "error");
  const label = field.name.replace(/_/g, " ");
  const input = (
    <Input {...{ kind: field.kind, value, path, set, flows, id, about, label, fallback: field.fallback, wrong }} />
  );
  const help = (
    <span id={about}>
      <span className="field-help">
        <Prose text={field.help} />
      </span>
      {problems.map((problem) => (
        <span key={problem.path + problem.message} className={`field-problem ${problem.severity}`}>
          <Prose text={problem.message} />
        </span>
      ))}
    </span>
  );
  if (field.kind.kind === "group") {
    return (
      <details className="field" open={value !== undefined && value !== null}>
        <summary>{label}</summary>
        {help}
        {input}
      </details>
    );
  }
  if (field.kind.kind === "list" || field.kind.kind === "map") {
    return (
      <fieldset className="field" aria-describedby={about}>
        <legend>
          {label}
          {field.required && <Must />}
        </legend>
        {input}
        {help}
      </fieldset>
    );
  }
  return (
    <div className={`field ${field.kind.kind}`}>
      <label htmlFor={id}>
        {label}
        {field.required && <Must />}
      </label>
      {input}
      {help}
    </div>
  );
}

function Must() {
  return <span className="must"> must be given</span>;
}

type InputProps = {
  kind: Kind;
  value: unknown;
  path: readonly Key[];
  set: SetField;
  flows: readonly string[];
  id: string;
  about: string;
  label: string;
  fallback: string;
  wrong: boolean;
};

function Input(props: InputProps): ReactNode {
  const { kind } = props;
  switch (kind.kind) {
    case "switch":
      return <Switch {...props} />;
    case "choice":
      return <ChoiceInput {...props} kind={kind} />;
    case "list":
      return <ListInput {...props} kind={kind} />;
    case "map":
      return <MapInput {...props} kind={kind} />;
    case "group":
      return <GroupInput {...props} kind={kind} />;
    case "flow":
    case "number":
    case "text":
      return <TextInput {...props} kind={kind} />;
  }
}

function Switch({ value, path, set, id, about, fallback }: InputProps) {
  const usual = fallback === "true";
  const on = typeof value === "boolean" ? value : usual;
  return (
    <input
      id={id}
      type="checkbox"
      role="switch"
      checked={on}
      aria-checked={on}
      aria-describedby={about}
      onChange={({ target }) => set(path, target.checked === usual ? undefined : target.checked)}
    />
  );
}

function TextInput({
  kind,
  value,
  path,
  set,
  flows,
  id,
  about,
  label,
  fallback,
  wrong,
}: InputProps & { kind: Of<"text" | "number" | "flow"> }) {
  const shared = {
    id,
    "aria-label": label,
    "aria-describedby": about,
    "aria-invalid": wrong,
    value: shown(value),
    placeholder: fallback || (kind.kind === "text" ? kind.hint : ""),
    onChange: ({ target }: { target: { value: string } }) => set(path, entered(kind, target.value)),
    spellCheck: false,
  };
  if (kind.kind === "text" && kind.long)
    return <textarea {...shared} rows={shared.value.length > 44 ? 3 : 2} spellCheck />;
  if (kind.kind === "number") return <input {...shared} inputMode="numeric" title={range(kind)} />;
  if (kind.kind === "text") return <input {...shared} />;
  return (
    <>
      <input {...shared} list={`${id}-flows`} placeholder="a flow's name" />
      <datalist id={`${id}-flows`}>
        {flows.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}

function range({ least, most }: Of<"number">): string {
  return `${least ?? "…"} to ${most ?? "…"}`;
}

function ChoiceInput({ kind, value, path, set, id, about, label, fallback }: InputProps & { kind: Of<"choice"> }) {
  if (kind.free) {
    return (
      <>
        <input
          id={id}
          list={`${id}-choices`}
          aria-label={label}
          aria-describedby={about}
          value={shown(value)}
          placeholder={fallback}
          onChange={({ target }) => set(path, entered(kind, target.value))}
        />
        <datalist id={`${id}-choices`}>
          {kind.choices.map((choice) => (
            <option key={choice.value} value={choice.value} />
          ))}
        </datalist>
      </>
    );
  }
  const [first] = kind.choices;
  const help = kind.choices.find((choice) => choice.value === value)?.help;
  return (
    <>
      <select
        id={id}
        aria-label={label}
        aria-describedby={about}
        value={shown(value)}
        onChange={({ target }) => set(path, target.value || undefined)}
      >
        <option value="">{fallback ? `${fallback}, as usual` : `as usual`}</option>
        {kind.choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.value}
          </option>
        ))}
      </select>
      {(help ?? first?.help) && value !== undefined && <span className="field-help">{help}</span>}
    </>
  );
}

function ListInput(props: InputProps & { kind: Of<"list"> }) {
  const { kind, value, path, set, label } = props;
  const items = listOf(value);
  const single = value !== undefined && value !== null && !Array.isArray(value);
  // The first item stands alone, as people write it; the second makes a list of both.
  const add = () => {
    const empty =
      kind.item.kind === "group"
        ? Object.fromEntries(kind.item.fields.filter((f) => f.required).map((f) => [f.name, ""]))
        : "";
    set(path, [...items, empty]);
  };
  const shownItems = items.length === 0 && kind.item.kind !== "group" ? [undefined] : items;
  return (
    <ul className="items">
      {shownItems.map((item, at) => {
        const own = single || items.length === 0 ? path : [...path, at];
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: an item is its place
          <li key={at}>
            <div className="item">
              <Input
                {...props}
                kind={complex(item) ? RAW : kind.item}
                value={item}
                path={own}
                label={items.length > 1 ? `${label} ${at + 1}` : label}
                id={`${props.id}-${at}`}
              />
            </div>
            {items.length > 0 && (
              <button
                type="button"
                className="small"
                aria-label={items.length > 1 ? `Take out ${label} ${at + 1}` : `Take out ${label}`}
                onClick={() => set(own, undefined)}
              >
                ×
              </button>
            )}
          </li>
        );
      })}
      {(items.length > 0 || kind.item.kind === "group") && (
        <li>
          <button type="button" className="small" onClick={add}>
            + {label}
          </button>
        </li>
      )}
    </ul>
  );
}

/** An item that is written as a map where texts stand, as a target with a ring time of its own may be. */
const RAW: Kind = { kind: "group", fields: [] };

function complex(item: unknown): boolean {
  return typeof item === "object" && item !== null;
}

function MapInput({ kind, value, path, set, label }: InputProps & { kind: Of<"map"> }) {
  const entries = complex(value) ? Object.entries(value as object) : [];
  const put = (name: string, text: string) => set([...path, name], text);
  return (
    <ul className="items">
      {entries.map(([name, text]) => (
        <li key={name}>
          <code>{name}</code>
          <input
            aria-label={`${label}: ${name}`}
            value={shown(text)}
            placeholder={kind.hint}
            onChange={({ target }) => put(name, target.value)}
          />
          <button
            type="button"
            className="small"
            aria-label={`Take out ${label}: ${name}`}
            onClick={() => set([...path, name], undefined)}
          >
            ×
          </button>
        </li>
      ))}
      <li>
        <input
          aria-label={`Name of another of ${label}`}
          placeholder="name, then Enter"
          onKeyDown={(event) => {
            const name = event.currentTarget.value.trim();
            if (event.key !== "Enter" || !name) return;
            event.currentTarget.value = "";
            put(name, "");
          }}
        />
      </li>
    </ul>
  );
}

function GroupInput({ kind, value, path, set, flows }: InputProps & { kind: Of<"group"> }) {
  const inner = (complex(value) ? value : {}) as Record<string, unknown>;
  const known = kind.fields.length > 0 ? kind.fields : Object.keys(inner).map(asText);
  return (
    <div className="group">
      {known.map((field) => (
        <FieldView
          key={field.name}
          field={field}
          value={inner[field.name]}
          path={[...path, field.name]}
          set={set}
          flows={flows}
        />
      ))}
    </div>
  );
}

function asText(name: string): Field {
  return { name, help: "", required: false, fallback: "", kind: { kind: "text", long: false, hint: "" } };
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
