import { useState } from "react";
import type { Applet } from "../../api/flows";
import { APPLET } from "./Canvas";

/** All applets in their groups. Drag one to the canvas, or press it. */
export function Palette({ applets, add }: { applets: readonly Applet[]; add: (applet: string) => void }) {
  const [text, setText] = useState("");
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = applets.filter(({ name, title, summary }) =>
    words.every((w) => `${name} ${title} ${summary}`.toLowerCase().includes(w)),
  );
  const groups = [...new Set(found.map(({ group }) => group))];
  return (
    <div className="palette">
      <input
        type="search"
        aria-label="Search steps"
        placeholder="Search steps"
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
      {groups.map((group) => (
        <section key={group} aria-label={group}>
          <h2>{group}</h2>
          {found
            .filter((applet) => applet.group === group)
            .map(({ name, title, summary }) => (
              <button
                key={name}
                type="button"
                data-group={group}
                draggable
                title={summary}
                onDragStart={(event) => event.dataTransfer.setData(APPLET, name)}
                onClick={() => add(name)}
              >
                {title}
              </button>
            ))}
        </section>
      ))}
      {found.length === 0 && <p className="faint">No step of that name.</p>}
    </div>
  );
}
