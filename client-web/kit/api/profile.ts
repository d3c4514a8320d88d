import { path, request } from "./http";
import type * as T from "./types";

/** How the signed-in person shows themselves. Apart from `api`, since few pages need it. */
export const profileApi = {
  setAvatar: (image: Blob) => request<T.Me>("PUT", "me/avatar", { body: image }),
  removeAvatar: () => request<T.Me>("DELETE", "me/avatar"),
  setBanner: (image: Blob) => request<T.Me>("PUT", "me/banner", { body: image }),
  removeBanner: () => request<T.Me>("DELETE", "me/banner"),
  /** Another name for the account. */
  rename: (handle: string) => request<T.Me>("PUT", "me/handle", { body: { handle } }),
  /** In one server; an empty name is the usual one. */
  setNameIn: (sid: string, display_name: string) =>
    request<T.Member>("PUT", path("servers", sid, "profile"), { body: { display_name } }),
  setPictureIn: (sid: string, image: Blob) =>
    request<T.Member>("PUT", path("servers", sid, "profile", "avatar"), { body: image }),
  removePictureIn: (sid: string) => request<T.Member>("DELETE", path("servers", sid, "profile", "avatar")),
};
