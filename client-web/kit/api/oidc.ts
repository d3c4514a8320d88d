import { path, request } from "./http";
import type * as T from "./types";

/** A service with which the person can sign in; the last three are none where it is not linked. */
export interface LinkedService {
  provider: string;
  name: string;
  label: string | null;
  linked_at: number | null;
  used_at: number | null;
}

/** Somebody whom a service has named and who has no account yet. */
export interface OidcArrival {
  service: string;
  label: string;
  handle: string;
  display_name: string;
  return_to: string;
}

/** Signing in with accounts of other services. Apart from `api`, since few pages need it. */
export const oidcApi = {
  /** Each answers with the address at the service to go to; afterwards the browser is sent back to `return_to`. */
  signIn: (provider: string, return_to: string) =>
    request<{ url: string }>("POST", path("oidc", provider, "sign-in"), { body: { return_to } }).then((r) => r.url),
  link: (provider: string, return_to: string) =>
    request<{ url: string }>("POST", path("me", "oidc", provider), { body: { return_to } }).then((r) => r.url),
  prove: (provider: string, return_to: string) =>
    request<{ url: string }>("POST", path("me", "oidc", provider, "proof"), { body: { return_to } }).then((r) => r.url),
  list: () => request<{ services: LinkedService[] }>("GET", "me/oidc").then((r) => r.services),
  unlink: (provider: string) => request<void>("DELETE", path("me", "oidc", provider)),
  /** Who a newcomer is there. */
  look: (ticket: string) => request<OidcArrival>("POST", "oidc/arrivals", { body: { ticket } }),
  settle: (body: { ticket: string; handle: string; display_name: string; device: string }) =>
    request<T.SessionCreated>("POST", "oidc/accounts", { body }),
};
