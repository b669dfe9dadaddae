/** What whoever is signed in may do: the server refuses the rest, and pages do not offer it. */
import { useQuery } from "@tanstack/react-query";
import { api, data } from "./client";

/** Each may what those before it may. */
const ROLES: readonly string[] = ["viewer", "author", "admin"];

export type Role = "viewer" | "author" | "admin";

export function useSession() {
  return useQuery({ queryKey: ["session"], queryFn: () => data(api.GET("/api/v1/session")) });
}

/** Whether what takes a role is offered. While nobody knows, it is: the server says no then. */
export function useMay(needed: Role): boolean {
  const role = useSession().data?.role;
  return role == null || ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
