import { useQuery } from "@tanstack/react-query";
import { get } from "../api/client";

export interface Session {
  user?: string;
  scopes?: string[];
}

export function useSession() {
  return useQuery({ queryKey: ["session"], queryFn: () => get<Session>("/v1/session"), retry: false });
}

// Whether who is signed in may say who is who, and which value is golden.
export function useMayDecide(): boolean {
  return useSession().data?.scopes?.some((scope) => scope === "admin" || scope === "steward") ?? false;
}
