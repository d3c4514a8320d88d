import { path, request } from "./http";

/** The signed-in person's identity: their id, the hash of its last operation, their own key in base64. */
export interface Identity {
  uid: string;
  head: string;
  own_key: string | null;
  /** What the last operation says; the next one begins with it. */
  last: Record<string, unknown> & { n: number; rotation_keys: string[] };
}

/** A signed object of the protocol. */
export type Signed = Record<string, unknown>;

/** An instance that somebody chose for their profile. */
export interface ProfilePlace {
  domain: string;
  state: "moving" | "kept" | "leaving" | "left" | "refused";
  problem: string | null;
  since: number;
  confirmed: boolean;
}

export interface ProfilePlaces {
  domain: string;
  home: boolean;
  places: ProfilePlace[];
}

/** An instance that keeps profiles of people from here. */
export interface ProfileHostOffer {
  domain: string;
  name: string;
  terms: string;
  open: boolean;
}

/** Profiles that this instance keeps for people of others. */
export interface HostedProfiles {
  offered: boolean;
  max_profiles: number;
  max_per_instance: number;
  homes: { domain: string; profiles: number; since: number }[];
}

/** Who somebody is everywhere, and where their profile lies. Apart from `api`, since few pages need it. */
export const identityApi = {
  get: () => request<Identity>("GET", "me/identity"),
  setOwnKey: (claim: Signed, op?: Signed) => request<Identity>("PUT", "me/own-key", { body: { claim, ...(op ? { op } : {}) } }),
  places: () => request<ProfilePlaces>("GET", "me/profile-host"),
  choosePlace: (domain: string) => request<ProfilePlaces>("PUT", "me/profile-host", { body: { domain } }),
  offers: () => request<{ hosts: ProfileHostOffer[] }>("GET", "profile-hosts").then((r) => r.hosts),
  offer: (domain: string) => request<ProfileHostOffer>("GET", path("profile-hosts", domain)),
  hosted: () => request<HostedProfiles>("GET", "hosted-profiles"),
  letGo: (domain: string) => request<void>("DELETE", path("hosted-profiles", domain)),
};
