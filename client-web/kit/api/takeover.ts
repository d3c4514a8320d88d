import { request } from "./http";

/** A key by which a community goes on elsewhere. */
export interface RecoveryKey {
  /** The public key, in base64. */
  key: string;
  /** Its short name, which signatures carry. */
  kid: string;
  /** Who holds it, where that is known. */
  holder: string | null;
  /** What they are called. */
  name: string | null;
  /** Whether it has signed the take-over. */
  signed: boolean;
}

/** Who can have a community go on elsewhere. */
export interface RecoveryKeys {
  /** How often they changed. */
  n: number;
  keys: RecoveryKey[];
  /** How many of them have to sign. */
  needed: number;
  /** Keys of those who manage the community. */
  candidates: RecoveryKey[];
}

/** What a recovery key signed. */
export interface KeySignature {
  kid: string;
  sig: string;
}

/** How far it is that a community whose place is gone goes on here. */
export interface TakeoverStatus {
  state: "none" | "signing" | "collecting" | "restoring" | "here" | "stopped";
  id: string;
  name: string;
  hub_domain: string;
  hub_is_here: boolean;
  /** What the holders of the keys sign; none where nothing is to be signed. */
  statement: Record<string, unknown> | null;
  /** When the last event happened that counts, milliseconds. */
  base_at: number | null;
  keys: RecoveryKey[];
  needed: number;
  /** Instances that did not answer. */
  silent: string[];
  problem: string | null;
  events: number;
  files: number;
  of_files: number;
  /** Messages and files that nobody has any more. */
  lost: number;
  missing: number;
  /** Whether the asker began it. */
  mine: boolean;
}

/** Communities whose place is gone. Apart from `api`, since few pages need it. */
export const takeoverApi = {
  keys: (sid: string) => request<RecoveryKeys>("GET", `servers/${sid}/recovery`),
  setKeys: (sid: string, keys: readonly string[], sigs: readonly KeySignature[]) => request<RecoveryKeys>("PUT", `servers/${sid}/recovery`, { body: { keys, sigs } }),
  look: (sid: string) => request<TakeoverStatus>("GET", `servers/${sid}/takeover`),
  begin: (sid: string, anyway: boolean) => request<TakeoverStatus>("POST", `servers/${sid}/takeover`, { body: { anyway } }),
  sign: (sid: string, sigs: readonly KeySignature[]) => request<TakeoverStatus>("POST", `servers/${sid}/takeover/signatures`, { body: { sigs } }),
  withdraw: (sid: string) => request<void>("DELETE", `servers/${sid}/takeover`),
};
