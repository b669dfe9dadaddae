import { type InfiniteData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, data, type Schemas } from "../../api/client";
import { follow } from "../../api/live";
import { type Banded, band } from "./band";
import type { Filter } from "./filter";

type Call = Schemas["Call"];
type Page = Schemas["CallPage"];

/** Calls that are asked for at first, and at a time when the list is scrolled on. */
const PAGE = 200;
const FURTHER = 1_000;

/** The band is asked anew so often at most. */
const BEAT_MS = 1_000;

function page(query: Filter & { limit: number; cursor?: string }): Promise<Page> {
  return data(api.GET("/api/v1/calls", { params: { query } }));
}

/** All calls that fit, newest first, as they were when the list was asked for; `newer` came since. */
export function useCalls(filter: Filter) {
  const queries = useQueryClient();
  const key = ["calls", "list", filter];
  const [newer, setNewer] = useState(0);
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) =>
      page({ ...filter, ...(pageParam ? { limit: FURTHER, cursor: pageParam } : { limit: PAGE }) }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const patch = useRef<(sid: string) => void>(() => {});
  patch.current = async (sid) => {
    const known = list.data?.pages.some(({ calls }) => calls.some((call) => call.sid === sid));
    if (!known) return;
    const call = await data(api.GET("/api/v1/calls/{sid}", { params: { path: { sid } } })).catch(() => null);
    if (call) queries.setQueryData<InfiniteData<Page>>(key, (before) => before && replaced(before, call));
  };
  useEffect(
    () =>
      follow({
        line: (line) => {
          if (line.event === "offered") setNewer((count) => count + 1);
          if (line.event === "ended" || line.event === "answered") patch.current(line.call);
        },
        gap: () => {},
      }),
    [],
  );
  const refresh = useCallback(() => {
    setNewer(0);
    void queries.resetQueries({ queryKey: ["calls", "list"] });
  }, [queries]);
  return { list, newer, refresh };
}

function replaced(before: InfiniteData<Page>, call: Call): InfiniteData<Page> {
  const calls = (page: Page) => page.calls.map((one) => (one.sid === call.sid ? call : one));
  return { ...before, pages: before.pages.map((page) => ({ ...page, calls: calls(page) })) };
}

/** The calls that run and fit, none of which moves while it does. */
export function useRunning(filter: Filter): readonly Banded<Call>[] {
  const queries = useQueryClient();
  const { state, ...others } = filter;
  const wanted = state ? ["ringing", "in-progress"].filter((one) => one === state) : ["ringing", "in-progress"];
  const key = ["calls", "running", filter];
  const running = useQuery({
    queryKey: key,
    queryFn: async () => {
      const pages = await Promise.all(wanted.map((state) => page({ ...others, state, limit: 100 })));
      const calls = pages.flatMap(({ calls }) => calls).sort((a, b) => b.created.localeCompare(a.created));
      return band(queries.getQueryData<Banded<Call>[]>(key) ?? [], calls);
    },
    structuralSharing: false,
  });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: ["calls", "running"] });
      }, BEAT_MS);
    };
    const leave = follow({
      line: ({ event }) => (event === "offered" || event === "answered" || event === "ended") && soon(),
      gap: soon,
    });
    return () => {
      clearTimeout(timer);
      leave();
    };
  }, [queries]);
  return running.data ?? [];
}

/** Every call that fits, page by page, and how many there are so far; at most so many. */
export async function all(
  filter: Filter,
  most: number,
  told: (count: number) => void,
  stop: AbortSignal,
): Promise<Call[]> {
  const found: Call[] = [];
  let cursor: string | null = "";
  while (cursor !== null && found.length < most && !stop.aborted) {
    const next: Page = await page({ ...filter, limit: 1000, ...(cursor ? { cursor } : {}) });
    found.push(...next.calls);
    told(found.length);
    cursor = next.next ?? null;
  }
  return found.slice(0, most);
}
