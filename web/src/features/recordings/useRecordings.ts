import { useInfiniteQuery } from "@tanstack/react-query";
import { api, data } from "../../api/client";

/** A recording in the list. */
export interface Listed {
  name: string;
  call: string;
  created: string;
  from: string | null;
  to: string | null;
  flow: string | null;
  mailbox: string | null;
  duration: number | null;
}

interface Page {
  items: Listed[];
  next: string | null;
}

const PAGE = 200;

/** The recordings of a mailbox, or of all calls, newest first. */
export function useRecordings(mailbox: string) {
  const list = useInfiniteQuery({
    queryKey: ["recordings", mailbox],
    queryFn: ({ pageParam }) => (mailbox ? messages(mailbox, pageParam) : recorded(pageParam)),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  return {
    items: list.data?.pages.flatMap(({ items }) => items) ?? [],
    pending: list.isPending,
    whole: list.isSuccess && !list.hasNextPage,
    error: list.error,
    again: () => void list.refetch(),
    more: list.hasNextPage && !list.isFetchingNextPage ? list.fetchNextPage : undefined,
  };
}

async function messages(mailbox: string, before: string): Promise<Page> {
  const query = { mailbox, limit: PAGE, ...(before ? { before } : {}) };
  const { recordings } = await data(api.GET("/api/v1/recordings", { params: { query } }));
  const items = recordings.map(({ name, call, created, mailbox, duration_ms }) => ({
    name,
    call,
    created,
    from: null,
    to: null,
    flow: null,
    mailbox: mailbox ?? null,
    duration: duration_ms,
  }));
  return { items, next: recordings.length < PAGE ? null : (items.at(-1)?.created ?? null) };
}

/** A page of calls, of which those stay that were recorded. */
async function recorded(cursor: string): Promise<Page> {
  const query = { limit: PAGE, ...(cursor ? { cursor } : {}) };
  const { calls, next } = await data(api.GET("/api/v1/calls", { params: { query } }));
  const items = calls.flatMap(({ recording, sid, created, from, to, flow }) =>
    recording
      ? [{ name: recording, call: sid, created, from, to, flow: flow ?? null, mailbox: null, duration: null }]
      : [],
  );
  return { items, next: next ?? null };
}
