import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiFault } from "../../api/client";
import { type Flow, flows } from "../../api/flows";

/** So long after the last letter the draft is saved. */
const PAUSE_MS = 800;

export type Saving = { state: "saved" | "waiting" | "saving" | "overtaken" | "failed" };

export type Saved = {
  saving: Saving;
  /** Saves now what is not saved yet; gives the revision. */
  flush: () => Promise<string>;
  /** Goes on from what the server has. */
  rebase: (flow: Flow) => void;
  /** Somebody else changed the flow meanwhile. */
  overtaken: () => void;
};

/** Saves the draft as it is written, one request at a time. Who was overtaken by somebody else saves no more. */
export function useSaved(flow: Flow, text: string): Saved {
  const queries = useQueryClient();
  const [saving, setSaving] = useState<Saving>({ state: "saved" });
  const there = useRef({ text: textOf(flow), revision: flow.revision });
  const running = useRef<Promise<string> | null>(null);
  const latest = useRef(text);
  latest.current = text;

  const flush = useCallback((): Promise<string> => {
    const save = async (): Promise<string> => {
      while (latest.current !== there.current.text) {
        const document = latest.current;
        setSaving({ state: "saving" });
        const { revision } = await flows.save(flow.name, { document, revision: there.current.revision });
        there.current = { text: document, revision };
      }
      setSaving({ state: "saved" });
      void queries.invalidateQueries({ queryKey: ["flows"] });
      return there.current.revision;
    };
    running.current ??= save()
      .catch((error: unknown) => {
        setSaving({ state: isStale(error) ? "overtaken" : "failed" });
        throw error;
      })
      .finally(() => {
        running.current = null;
      });
    return running.current;
  }, [flow.name, queries]);

  useEffect(() => {
    if (text === there.current.text || saving.state === "overtaken") return;
    setSaving((now) => (now.state === "saved" ? { state: "waiting" } : now));
    const timer = setTimeout(() => flush().catch(() => {}), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, flush, saving.state]);

  // Who goes to another page leaves nothing behind.
  useEffect(() => () => void flush().catch(() => {}), [flush]);

  useEffect(() => {
    if (saving.state === "saved") return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [saving.state]);

  const rebase = useCallback((flow: Flow) => {
    there.current = { text: textOf(flow), revision: flow.revision };
    setSaving({ state: "saved" });
  }, []);
  const overtaken = useCallback(() => setSaving({ state: "overtaken" }), []);
  return { saving, flush, rebase, overtaken };
}

/** Whether the flow was changed since it was read. */
export function isStale(error: unknown): boolean {
  return error instanceof ApiFault && error.status === 409;
}

/** What is being edited of a flow: its draft, else what runs. */
export function textOf({ draft, published }: Flow): string {
  return draft?.document ?? published?.document ?? "";
}
