/** What somebody may do; each may do what those before it may. */
export const ROLES = ["viewer", "author", "admin"] as const;
