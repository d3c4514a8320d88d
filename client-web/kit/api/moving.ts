import type { Signed } from "./identity";
import { request } from "./http";

/** What the new home is shown. */
export interface MoveTicket {
  ticket: string;
  expires_at: number;
  domain: string;
  link: string;
}

/** A community of somebody whose account is brought here. */
export interface ArrivalCommunity {
  id: string;
  name: string;
  domain: string;
  member: boolean;
  state: "waiting" | "done" | "lost";
  problem: string | null;
}

/** How far it is with an account that is brought here. */
export interface Arrival {
  state: "arriving" | "here" | "found" | "refused";
  domain: string;
  problem: string | null;
  since: number;
  communities: ArrivalCommunity[];
  unsent: string[];
  waiting_for: string[];
  by_own_key: boolean;
}

/** An identity that was found, and the operation that makes this instance its home. */
export interface FoundIdentity {
  uid: string;
  op: Record<string, unknown> & { rotation_keys: string[] };
  /** For the vault beside the profile; none where that lay with the former home. */
  claim: Record<string, unknown> | null;
}

/** Accounts that go to another instance, and those that come from one. Apart from `api`, since few pages need it. */
export const movingApi = {
  depart: (domain: string) => request<MoveTicket>("POST", "me/move", { body: { domain } }),
  stay: () => request<void>("DELETE", "me/move"),
  look: () => request<Arrival>("GET", "me/arrival"),
  arrive: (domain: string, ticket: string) => request<Arrival>("POST", "me/arrival", { body: { domain, ticket } }),
  find: (who: string, domains: string[]) => request<FoundIdentity>("POST", "me/arrival/identity", { body: { who, domains } }),
  vault: (claim: Signed) => request<{ vault: string }>("POST", "me/arrival/vault", { body: { claim } }).then((r) => r.vault),
  recover: (op: Signed, domains: string[], vault: Record<string, unknown> | null) =>
    request<Arrival>("POST", "me/arrival/recovery", { body: { op, domains, vault } }),
  ask: (domains: string[]) => request<Arrival>("POST", "me/arrival/instances", { body: { domains } }),
};
