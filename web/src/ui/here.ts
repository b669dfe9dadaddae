/** A link of the server as this page asks it: of the same origin, whatever the server calls itself to others. */
export function here(link: string): string {
  const url = new URL(link, window.location.href);
  return url.pathname + url.search;
}
