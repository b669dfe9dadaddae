/** A body for a person: JSON and forms a field a line, all else as it is. */
export function readable(text: string, contentType: string): string {
  if (/json/i.test(contentType) || /^\s*[{[]/.test(text)) {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }
  return /x-www-form-urlencoded/i.test(contentType)
    ? parameters(text)
        .map(([name, value]) => `${name} = ${value}`)
        .join("\n")
    : text;
}

/** The parameters of a form or query, in their order. */
export function parameters(text: string): [name: string, value: string][] {
  return [...new URLSearchParams(text)];
}

/** A URL's address and its query, apart. */
export function parts(url: string): { address: string; query: [name: string, value: string][] } {
  const mark = url.indexOf("?");
  return mark < 0
    ? { address: url, query: [] }
    : { address: url.slice(0, mark), query: parameters(url.slice(mark + 1)) };
}
