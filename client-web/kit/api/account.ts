import { request } from "./http";
import type * as T from "./types";

/** Getting an account, and the e-mail address of one. Apart from `api`, since few pages need it. */
export const accountApi = {
  challenge: () => request<T.Challenge>("GET", "accounts/challenge"),
  /** Where an address comes first: a letter with a link goes there. */
  registerEmail: (body: { email: string; work?: T.Work }) => request<void>("POST", "accounts/emails", { body }),
  /** The address that such a link has confirmed. */
  registeredEmail: (token: string) =>
    request<{ email: string }>("POST", "accounts/emails/look", { body: { token } }).then((r) => r.email),
  /** A letter with a link to a new password, if there is such an account. */
  forgot: (who: string) => request<void>("POST", "accounts/recovery-mails", { body: { who } }),
  putEmail: (email: string) => request<void>("PUT", "me/email", { body: { email } }),
  removeEmail: () => request<void>("DELETE", "me/email"),
  withdrawEmail: () => request<void>("DELETE", "me/email/pending"),
  /** Answers with the name of the account. */
  confirmEmail: (token: string) =>
    request<{ handle: string }>("POST", "emails/confirm", { body: { token } }).then((r) => r.handle),
};
