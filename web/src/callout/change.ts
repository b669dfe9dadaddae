/** A callout's request as a form has it. */
export interface Draft {
  url: string;
  method: string;
  headers: string;
  body: string;
}

interface Asked {
  url: string;
  method: string;
  headers: readonly { name: string; value: string }[];
  body?: { text?: string | null } | null;
}

export interface Change {
  url?: string;
  method?: string;
  headers?: Record<string, string | null>;
  body?: string;
}

/** A request as a form shows it: a header field a line. */
export function draft({ url, method, headers, body }: Asked): Draft {
  return {
    url,
    method,
    headers: headers.map(({ name, value }) => `${name}: ${value}`).join("\n"),
    body: body?.text ?? "",
  };
}

/** What differs between a request and the form, or the line that is no header field. What stays is left out. */
export function change(asked: Asked, now: Draft): { change: Change } | { wrong: string } {
  const wanted = new Map<string, string>();
  for (const line of now.headers.split("\n").filter((line) => line.trim() !== "")) {
    const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (!field?.[1]) return { wrong: line };
    wanted.set(field[1], field[2] ?? "");
  }
  const known = new Map(asked.headers.map(({ name, value }) => [name, value]));
  const gone = [...known.keys()].filter(
    (name) => ![...wanted.keys()].some((one) => one.toLowerCase() === name.toLowerCase()),
  );
  const set = [...wanted].filter(([name, value]) => known.get(name) !== value);
  const headers = Object.fromEntries<string | null>([...gone.map((name) => [name, null] as const), ...set]);
  const body = asked.body?.text ?? "";
  return {
    change: {
      ...(now.url !== asked.url ? { url: now.url } : {}),
      ...(now.method !== asked.method ? { method: now.method } : {}),
      ...(Object.keys(headers).length > 0 ? { headers } : {}),
      ...(now.body !== body ? { body: now.body } : {}),
    },
  };
}
