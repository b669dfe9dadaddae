import { useState } from "react";

/** Copies a text, and says that it has. */
export function Copy({ text, children }: { text: string; children: string }) {
  const [told, setTold] = useState<string | null>(null);
  const copy = async () => {
    const done = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    setTold(done ? "Copied" : "Copy it by hand");
    setTimeout(() => setTold(null), 2_000);
  };
  return (
    <button type="button" onClick={copy}>
      <span aria-live="polite">{told ?? children}</span>
    </button>
  );
}
