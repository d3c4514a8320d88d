import { request } from "./http";

/** How far a community is that goes to another instance, or comes from one. */
export interface Handover {
  id: string;
  name: string;
  /** The other instance: the new one for a community that goes, the old one for one that comes. */
  domain: string;
  state: "coming" | "here" | "stopped" | "unknown";
  problem: string | null;
  events: number;
  of_events: number;
  files: number;
  of_files: number;
  /** Files that were not there any more. */
  missing: number;
}

/** What the owner of a community shows so that it may come. */
export interface ArrivalCode {
  code: string;
  expires_at: number;
}

/** Communities that come here, or came. */
export interface Arrivals {
  arrivals: Handover[];
  /** Until when the last code can be shown; none once it was used. */
  code_until: number | null;
}

/** Communities that go to another instance and come from one. Apart from `api`, since few pages need it. */
export const handoverApi = {
  begin: (sid: string, code: string, name: string) => request<Handover>("POST", `servers/${sid}/move`, { body: { code, confirm_name: name } }),
  look: (sid: string) => request<Handover>("GET", `servers/${sid}/move`),
  withdraw: (sid: string) => request<void>("DELETE", `servers/${sid}/move`),
  code: () => request<ArrivalCode>("POST", "servers/arrivals"),
  arrivals: () => request<Arrivals>("GET", "servers/arrivals"),
  stop: (sid: string) => request<void>("DELETE", `servers/arrivals/${sid}`),
};
