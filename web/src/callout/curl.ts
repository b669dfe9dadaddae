/** A request as it was made. */
export interface Asked {
  method: string;
  url: string;
  headers: readonly { name: string; value: string }[];
  body?: { text?: string | null; base64?: string | null } | null;
}

/** The request as a line for a POSIX shell. Nothing in it can end its quotes. */
export function curl({ method, url, headers, body }: Asked): string {
  const words = ["curl"];
  if (method === "HEAD") words.push("--head");
  else if (method !== "GET" || body) words.push("--request", quoted(method));
  for (const { name, value } of headers)
    words.push("--header", quoted(value === "" ? `${name};` : `${name}: ${value}`));
  const text = body?.text;
  if (typeof text === "string") words.push("--data-raw", quoted(text));
  else if (body?.base64) {
    const decoded = `printf %s ${quoted(body.base64)} | base64 -d`;
    return `${decoded} | ${[...words, "--data-binary", "@-", "--globoff", "--url", quoted(url)].join(" ")}`;
  }
  // In brackets of a URL, such as Legs[0], curl would see ranges.
  words.push("--globoff", "--url", quoted(url));
  return words.join(" ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("\0", "").replaceAll("'", "'\\''")}'`;
}
