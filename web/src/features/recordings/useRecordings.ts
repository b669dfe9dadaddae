import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, data } from "../../api/client";

const PAGE = 200;

/** What the list can be narrowed by. */
export const NAMES = ["mailbox", "since", "before"] as const;
export type Filter = Partial<Record<(typeof NAMES)[number], string>>;

/** The recordings that fit, newest first. */
export function useRecordings(filter: Filter) {
  const list = useInfiniteQuery({
    queryKey: ["recordings", filter],
    queryFn: ({ pageParam }) => {
      const query = { ...filter, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      return data(api.GET("/api/v1/recordings", { params: { query } }));
    },
    initialPageParam: "",
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  const pages = list.data?.pages;
  const items = useMemo(() => (pages ?? []).flatMap(({ recordings }) => recordings), [pages]);
  return {
    items,
    pending: list.isPending,
    error: list.error,
    again: () => void list.refetch(),
    more: list.hasNextPage && !list.isFetchingNextPage ? list.fetchNextPage : undefined,
  };
}
