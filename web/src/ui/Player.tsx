import { useEffect, useRef, useState } from "react";
import type WaveSurfer from "wavesurfer.js";
import type { Schemas } from "../api/client";
import { clock, span } from "../journal/span";
import { here } from "./here";
import "./player.css";

type State = "loading" | "ready" | "playing" | "failed";

/** Plays a recording and shows its waveform, each party in a line of its own where they are apart. */
export function Player({ recording }: { recording: Schemas["RecordingView"] }) {
  const place = useRef<HTMLDivElement>(null);
  const wave = useRef<WaveSurfer | null>(null);
  const link = useRef(here(recording.url));
  const [state, setState] = useState<State>("loading");
  const [at, setAt] = useState(0);
  const { channels, duration_ms: duration } = recording;
  useEffect(() => {
    let gone = false;
    void import("wavesurfer.js").then(({ default: Waves }) => {
      if (gone || !place.current) return;
      const made = Waves.create({
        container: place.current,
        url: link.current,
        height: channels === 2 ? 34 : 64,
        waveColor: getComputedStyle(place.current).color,
        progressColor: getComputedStyle(document.querySelector("a") ?? place.current).color,
        barWidth: 2,
        barGap: 1,
        ...(channels === 2 ? { splitChannels: [{}, {}] } : {}),
      });
      wave.current = made;
      made.on("ready", () => setState("ready"));
      made.on("play", () => setState("playing"));
      made.on("pause", () => setState("ready"));
      made.on("error", () => setState("failed"));
      made.on("timeupdate", (seconds) => setAt(seconds * 1_000));
    });
    return () => {
      gone = true;
      wave.current?.destroy();
      wave.current = null;
    };
  }, [channels]);
  return (
    <div className="player">
      <div ref={place} className="sound" />
      {state === "failed" && <p className="faint">This browser cannot play it; save it, and play it elsewhere.</p>}
      <div className="row">
        <button
          type="button"
          className="primary"
          disabled={state === "loading" || state === "failed"}
          onClick={() => wave.current?.playPause()}
        >
          {state === "playing" ? "Pause" : "Play"}
        </button>
        <input
          type="range"
          aria-label="Place in the recording"
          aria-valuetext={`${span(at)} of ${span(duration)}`}
          min={0}
          max={Math.max(1, duration)}
          step={100}
          value={at}
          onChange={(event) => wave.current?.setTime(Number(event.target.value) / 1_000)}
        />
        <span className="mono">
          {clock(at).slice(0, -4)} / {clock(duration).slice(0, -4)}
        </span>
        <a className="button" href={link.current} download>
          Save
        </a>
        {channels === 2 && <span className="faint">above the caller, below the other party</span>}
      </div>
    </div>
  );
}
