import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type Compilation, flows } from "../../api/flows";
import { useMay } from "../../api/role";
import { useLater } from "./useLater";

/** So long after the last letter the compiler is asked. */
const PAUSE_MS = 250;

/** What the compiler says of the text, a moment later. It tells those alone who may change something. */
export function useCompiled(text: string): { compiled: Compilation | undefined; error: unknown } {
  const document = useLater(text, PAUSE_MS);
  const enabled = useMay("author");
  const { data, error } = useQuery({
    queryKey: ["compiled", document],
    queryFn: () => flows.compile(document),
    enabled,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 10_000,
  });
  return { compiled: data, error };
}
