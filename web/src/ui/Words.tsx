/** Text in which what stands between backquotes is a name. */
export function Words({ text }: { text: string }) {
  return text.split("`").map((part, at) => {
    const place = `${at} ${part}`;
    return at % 2 === 1 ? <code key={place}>{part}</code> : <span key={place}>{part}</span>;
  });
}
