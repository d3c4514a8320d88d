import { path, request } from "./http";
import type * as T from "./types";

/** With whom this instance speaks; for its admins. Apart from `api`, since one page needs it. */
export const trustApi = {
  get: () => request<T.TrustSettings>("GET", "trust"),
  setMode: (mode: T.TrustMode, keep_known: boolean) =>
    request<void>("PUT", "trust/mode", { body: { mode, keep_known } }),
  /** What would be cut off. Nothing is changed. */
  preview: (supposed: { mode?: T.TrustMode; rule?: { pattern: string; verdict: T.Verdict } }, signal?: AbortSignal) =>
    request<{ cuts: T.Cut[] }>("POST", "trust/preview", { body: supposed, ...(signal ? { signal } : {}) }).then((r) => r.cuts),
  setRule: (pattern: string, rule: { verdict: T.Verdict; percent: number; reason: string; note: string }) =>
    request<T.TrustRule>("PUT", path("trust", "rules", pattern), { body: rule }),
  removeRule: (pattern: string) => request<void>("DELETE", path("trust", "rules", pattern)),
  turnAway: (domain: string) => request<void>("DELETE", path("trust", "waiting", domain)),
  /** This instance's signed list of those that it blocks. */
  ownList: () => request<unknown>("GET", "trust/block-list"),
  lookAtList: (file: Blob) => request<T.ListPreview>("POST", "trust/block-lists/preview", { body: file }),
  takeList: (file: Blob) => request<T.ListPreview>("POST", "trust/block-lists", { body: file }),
  letListGo: (domain: string) => request<void>("DELETE", path("trust", "block-lists", domain)),
};
