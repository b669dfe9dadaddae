import { useCallback, useEffect, useRef, useState } from "react";
import { Earpiece } from "./earpiece";
import type { Codec } from "./g711";

/** Whom to call: a number or a flow; and who calls. */
export type Dialling = { to?: string; flow?: string; from: string };

/** A line of what happened. */
export type Line = { n: number; at: Date; text: string };

export type Phone = {
  state: "idle" | "calling" | "talking" | "over";
  lines: Line[];
  began: Date | undefined;
  dial: (dialling: Dialling) => void;
  press: (key: string) => void;
  hangUp: () => void;
};

type Said = { event: "calling" | "ringing" | "answered" | "pressed" | "ended"; text: string; codec?: Codec };

/** A softphone of the server, played over a WebSocket. */
export function usePhone(): Phone {
  const socket = useRef<WebSocket>(undefined);
  const [state, setState] = useState<Phone["state"]>("idle");
  const [lines, setLines] = useState<Line[]>([]);
  const [began, setBegan] = useState<Date>();
  useEffect(() => () => socket.current?.close(), []);

  const dial = useCallback((dialling: Dialling) => {
    socket.current?.close();
    const ear = new Earpiece();
    let codec: Codec = "PCMU";
    let told = false;
    const say = (text: string) => setLines((lines) => [...lines, { n: lines.length, at: new Date(), text }]);
    setLines([]);
    setBegan(new Date());
    setState("calling");
    const line = new WebSocket(address(dialling));
    line.binaryType = "arraybuffer";
    line.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data !== "string") return ear.hear(codec, new Uint8Array(data));
      const said = JSON.parse(data) as Said;
      say(said.text);
      if (said.codec) codec = said.codec;
      if (said.event === "answered") setState("talking");
      if (said.event === "ended") {
        told = true;
        setState("over");
      }
    };
    line.onclose = () => {
      ear.close();
      if (!told)
        say("The call could not be placed, or the server is gone. See that the flow is published, then call again.");
      setState("over");
    };
    socket.current = line;
  }, []);

  const send = useCallback((wish: object) => {
    if (socket.current?.readyState === WebSocket.OPEN) socket.current.send(JSON.stringify(wish));
  }, []);
  const press = useCallback((key: string) => send({ press: key }), [send]);
  const hangUp = useCallback(() => send({ hang_up: true }), [send]);
  return { state, lines, began, dial, press, hangUp };
}

function address({ to, flow, from }: Dialling): string {
  const url = new URL("/api/v1/phone", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  if (to) url.searchParams.set("to", to);
  else if (flow) url.searchParams.set("flow", flow);
  url.searchParams.set("from", from);
  return url.href;
}
