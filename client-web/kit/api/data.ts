import { path, request, url } from "./http";
import type * as T from "./types";

type Id = string;

/** Taking one's data out, bringing it along, having it erased, and deleting the account. Loaded with the page that needs it: import it from "@kit/api/data". */
export const dataApi = {
  exports: () => request<{ exports: T.Export[] }>("GET", "me/exports").then((r) => r.exports),
  makeExport: () => request<T.Export>("POST", "me/exports"),
  removeExport: (id: Id) => request<void>("DELETE", path("me", "exports", id)),
  /** Where the browser downloads it, and goes on when that broke off. */
  archiveUrl: (id: Id) => url(path("me", "exports", id, "archive")),
  /** Sends an archive, or the small part of it that counts; nothing is set by that. */
  lookAt: (archive: Blob) => request<T.ImportPreview>("POST", "me/import", { body: archive }),
  /** Everything that one posted in a community, everywhere. */
  erase: (sid: Id, leave: boolean) => request<T.Erasure>("POST", path("servers", sid, "erasure"), { body: { leave } }),
  erasures: () => request<{ erasures: T.Erasure[] }>("GET", "me/erasures").then((r) => r.erasures),
  departures: () => request<{ departures: T.Departure[] }>("GET", "me/departures").then((r) => r.departures),
  /** Everything that one posted in a community that one left. */
  eraseLeft: (sid: Id) => request<T.Erasure>("POST", path("me", "departures", sid, "erasure")),
  forgetErasure: (id: Id) => request<void>("DELETE", path("me", "erasures", id)),
  /** Sets the day on which the account is deleted. */
  deleteMe: (erase: boolean) => request<T.DeletionSet>("POST", "me/deletion", { body: { erase } }),
  keepMe: () => request<void>("DELETE", "me/deletion"),
  deletion: (token: string) => request<T.DeletionProgress>("POST", "deletions/look", { body: { token } }),
  takeOver: (id: Id, parts: T.ImportPart[]) => request<T.Me>("POST", path("me", "import", id), { body: { parts } }),
};
