import { useEffect, useRef, useState } from "react";
import type WaveSurfer from "wavesurfer.js";
import type { Schemas } from "../../api/client";
import { here } from "../../ui/here";
import { useCursor } from "./cursor";

/** A recording as a waveform in its place on the clock. Playing it moves the cursor, and the cursor moves it. */
export function Wave({
  recording,
  from,
  left,
  width,
}: {
  recording: Schemas["RecordingView"];
  from: number;
  left: number;
  width: number;
}) {
  const cursor = useCursor();
  const place = useRef<HTMLDivElement>(null);
  const wave = useRef<WaveSurfer | null>(null);
  const [state, setState] = useState<"loading" | "ready" | "playing" | "failed">("loading");
  const link = useRef(recording.url);
  const { channels } = recording;
  useEffect(() => {
    let gone = false;
    void import("wavesurfer.js").then(({ default: Waves }) => {
      if (gone || !place.current) return;
      const colour = getComputedStyle(place.current).color;
      const made = Waves.create({
        container: place.current,
        url: here(link.current),
        height: channels === 2 ? 26 : 44,
        waveColor: colour,
        progressColor: colour,
        cursorWidth: 0,
        interact: false,
        barWidth: 2,
        barGap: 1,
        ...(channels === 2 ? { splitChannels: [{}, {}] } : {}),
      });
      wave.current = made;
      made.on("ready", () => setState("ready"));
      made.on("play", () => setState("playing"));
      made.on("pause", () => setState("ready"));
      made.on("error", () => setState("failed"));
      made.on("timeupdate", (seconds) => made.isPlaying() && cursor.move(from + seconds * 1_000, "sound"));
    });
    return () => {
      gone = true;
      wave.current?.destroy();
      wave.current = null;
    };
  }, [cursor, from, channels]);
  useEffect(
    () =>
      cursor.listen(() => {
        const made = wave.current;
        const seconds = (cursor.at - from) / 1_000;
        if (made && cursor.by !== "sound" && seconds >= 0 && seconds <= made.getDuration()) made.setTime(seconds);
      }),
    [cursor, from],
  );
  return (
    <div className="track wave">
      <span className="name">
        {state === "failed" ? (
          <a href={here(recording.url)}>Download</a>
        ) : (
          <button
            type="button"
            className="play"
            disabled={state === "loading"}
            onClick={() => wave.current?.playPause()}
          >
            {state === "playing" ? "Pause" : "Play"}
          </button>
        )}
        {channels === 2 && <small>caller / other</small>}
      </span>
      <div className="window">
        <div ref={place} className="sound" style={{ marginLeft: left, width: Math.max(1, width) }} />
        {state === "failed" && <span className="faint">This browser cannot show it.</span>}
      </div>
    </div>
  );
}
