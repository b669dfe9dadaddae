import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, data } from "../../api/client";
import { follow } from "../../api/live";

/** Calls that are counted: the newest. */
export const MOST = 1000;

const BEAT_MS = 1_000;
const AGAIN_MS = 15_000;

const asked = { placeholderData: keepPreviousData, refetchInterval: AGAIN_MS } as const;

/** What Home shows, of so many milliseconds back from now; asked anew when a call comes or goes. */
export function useHome(back: number) {
  const queries = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: ["home"] });
      }, BEAT_MS);
    };
    const leave = follow({
      line: ({ event }) => (event === "offered" || event === "ended" || event === "notify_attempted") && soon(),
      gap: soon,
    });
    return () => {
      clearTimeout(timer);
      leave();
    };
  }, [queries]);
  const calls = useQuery({
    ...asked,
    queryKey: ["home", "calls", back],
    queryFn: async () => {
      const to = Date.now();
      const query = { since: new Date(to - back).toISOString(), limit: MOST };
      const { calls, next } = await data(api.GET("/api/v1/calls", { params: { query } }));
      return { calls, cut: next != null, from: to - back, to };
    },
  });
  const running = useQuery({
    ...asked,
    queryKey: ["home", "running"],
    queryFn: async () => {
      const count = async (state: string) =>
        (await data(api.GET("/api/v1/calls", { params: { query: { state, limit: MOST } } }))).calls.length;
      const [ringing, talking] = await Promise.all([count("ringing"), count("in-progress")]);
      return ringing + talking;
    },
  });
  const stats = useQuery({
    ...asked,
    queryKey: ["home", "stats", back],
    queryFn: () => {
      const query = { by: "url", kind: "sync", since: new Date(Date.now() - back).toISOString() };
      return data(api.GET("/api/v1/callouts/stats", { params: { query } }));
    },
  });
  const dead = useQuery({
    ...asked,
    queryKey: ["home", "dead"],
    queryFn: async () =>
      (await data(api.GET("/api/v1/callouts", { params: { query: { state: "dead", limit: 100 } } }))).callouts.length,
  });
  const ever = useQuery({
    queryKey: ["home", "ever"],
    queryFn: async () => (await data(api.GET("/api/v1/calls", { params: { query: { limit: 1 } } }))).calls.length > 0,
  });
  return { calls, running, stats, dead, ever };
}
