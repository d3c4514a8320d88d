import { path, request } from "./http";

/** With whom an instance speaks; the later, the stricter. */
export type TrustMode = "open" | "review" | "allowlist" | "closed";

export type Verdict = "allow" | "pause" | "block";

export interface TrustRule {
  /** A domain, or `*.` and a domain for everything below it. */
  pattern: string;
  verdict: Verdict;
  percent: number;
  reason: string;
  note: string;
  /** The instance whose list it was taken from. */
  list: string | null;
  changed_at: number;
}

export interface InCommon {
  /** The first twenty. */
  communities: string[];
  community_count: number;
  people_here: number;
  people_there: number;
}

export interface MetInstance {
  domain: string;
  standing: string /* answers, away, down, dormant */;
  refused: string | null;
  last_error: string | null;
  last_contact: number;
  new_for_ms: number;
  common: InCommon;
}

export interface WaitingInstance {
  domain: string;
  wanted: boolean;
  asked: boolean;
  since: number;
}

export interface TakenList {
  domain: string;
  issued_at: number;
  taken_at: number;
  rules: number;
}

export interface TrustSettings {
  mode: TrustMode;
  configured_mode: TrustMode;
  configured_deny: string[];
  configured_allow: string[];
  rules: TrustRule[];
  lists: TakenList[];
  waiting: WaitingInstance[];
  instances: MetInstance[];
}

/** An instance with which there would be no exchange any more. */
export interface Cut {
  domain: string;
  code: string;
  common: InCommon;
}

export interface ListPreview {
  domain: string;
  issued_at: number;
  entries: number;
  added: { pattern: string; reason: string }[];
  removed: string[];
  kept: string[];
  cuts: Cut[];
}

/** With whom this instance speaks; for its admins. Apart from `api`, since one page needs it. */
export const trustApi = {
  get: () => request<TrustSettings>("GET", "trust"),
  setMode: (mode: TrustMode, keep_known: boolean) =>
    request<void>("PUT", "trust/mode", { body: { mode, keep_known } }),
  /** What would be cut off. Nothing is changed. */
  preview: (supposed: { mode?: TrustMode; rule?: { pattern: string; verdict: Verdict } }, signal?: AbortSignal) =>
    request<{ cuts: Cut[] }>("POST", "trust/preview", { body: supposed, ...(signal ? { signal } : {}) }).then((r) => r.cuts),
  setRule: (pattern: string, rule: { verdict: Verdict; percent: number; reason: string; note: string }) =>
    request<TrustRule>("PUT", path("trust", "rules", pattern), { body: rule }),
  removeRule: (pattern: string) => request<void>("DELETE", path("trust", "rules", pattern)),
  turnAway: (domain: string) => request<void>("DELETE", path("trust", "waiting", domain)),
  /** This instance's signed list of those that it blocks. */
  ownList: () => request<unknown>("GET", "trust/block-list"),
  lookAtList: (file: Blob) => request<ListPreview>("POST", "trust/block-lists/preview", { body: file }),
  takeList: (file: Blob) => request<ListPreview>("POST", "trust/block-lists", { body: file }),
  letListGo: (domain: string) => request<void>("DELETE", path("trust", "block-lists", domain)),
};
