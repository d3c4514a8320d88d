import type { Instance, Me, SessionCreated } from "@kit/api";
import type { LiveState, Sync } from "@kit/sync";
import { createContext, use, type ReactNode } from "react";
import { useStore } from "zustand";

export interface SessionValue {
  status: "unknown" | "out" | "in";
  instance: Instance | null;
  me: Me | null;
  /** The instance did not answer the first question; `refresh` asks again. */
  unreachable: boolean;
  signedIn(created: SessionCreated): void;
  signOut(): Promise<void>;
  refresh(): void;
}

/** Opens the profile card beside an element. */
export type OpenProfile = (uid: string, sid: string | null, anchor: Element) => void;

const SyncContext = createContext<Sync | null>(null);
const SessionContext = createContext<SessionValue | null>(null);
const ProfileContext = createContext<OpenProfile>(() => undefined);

export function SyncProvider({ sync, children }: { sync: Sync; children: ReactNode }) {
  return <SyncContext value={sync}>{children}</SyncContext>;
}

export function SessionProvider({ value, children }: { value: SessionValue; children: ReactNode }) {
  return <SessionContext value={value}>{children}</SessionContext>;
}

export function ProfileProvider({ open, children }: { open: OpenProfile; children: ReactNode }) {
  return <ProfileContext value={open}>{children}</ProfileContext>;
}

/** The one object that changes live state. */
export function useSync(): Sync {
  const sync = use(SyncContext);
  if (!sync) throw new Error("useSync needs a SyncProvider above it");
  return sync;
}

export function useSession(): SessionValue {
  const session = use(SessionContext);
  if (!session) throw new Error("useSession needs a SessionProvider above it");
  return session;
}

export function useOpenProfile(): OpenProfile {
  return use(ProfileContext);
}

/** A part of the live state. The selector must return what stands in the state, not something newly made. */
export function useLive<T>(selector: (state: LiveState) => T): T {
  return useStore(useSync().store, selector);
}
