import { t } from "@lingui/core/macro";
import { ApiProblem, OFFLINE } from "@kit/api";
import { PasskeyError } from "./passkey";

/** What went wrong, in words for a person: one sentence, and what to do. */
export interface Explanation {
  title: string;
  detail?: string | undefined;
}

/** Puts any error into words. The codes that people meet often have texts of their own; for the rest the server's own words are used. */
export function explain(error: unknown): Explanation {
  if (error instanceof PasskeyError) return explainPasskey(error);
  if (!(error instanceof ApiProblem)) return { title: t`Something went wrong.`, detail: t`Load the page again. If it stays so, tell the person who runs this place.` };
  const where = error.domain ?? t`The other place`;
  switch (error.code) {
    case OFFLINE:
      return { title: t`No connection.`, detail: t`Check your network and try again.` };
    case "not_signed_in":
      return { title: t`You are signed out.`, detail: t`Sign in again to go on.` };
    case "csrf":
      return { title: t`This page is out of date.`, detail: t`Load it again and repeat what you did.` };
    case "bad_credentials":
      return { title: t`This name and password do not belong together.`, detail: t`Check both and try again.` };
    case "bad_code":
      return { title: t`This code does not work.`, detail: t`Each code works once, and only for a short time. Wait for the next one.` };
    case "approval_pending":
      return { title: t`You are not let in yet.`, detail: t`The people who look after this place decide about it. Try again later.` };
    case "bad_passkey":
      return { title: t`This passkey does not work here.`, detail: t`It was removed, or it took too long. Try once more, or sign in with your password.` };
    case "proof_required":
      return { title: t`Nothing was changed.`, detail: t`Type your password when you are asked for it.` };
    case "rate":
      return { title: t`Too many tries.`, detail: waitSentence(error.retryAfterMs) };
    case "forbidden":
      return { title: t`You may not do this.`, detail: error.detail || t`Ask somebody who looks after this community.` };
    case "insecure_transport":
      return { title: t`This connection is not encrypted.`, detail: t`Passwords would travel in the clear, so signing in is refused. Open the address with https.` };
    case "invite_unknown":
      return error.domain ? { title: t`${where} does not know this invitation.`, detail: t`Perhaps the link was cut off, or the invitation was taken back. Ask for a new one.` } : { title: t`Nobody knows this invitation.`, detail: t`Perhaps the link was cut off, or the invitation was taken back. Ask for a new one.` };
    case "invite_expired":
      return { title: t`This invitation has expired or was taken back.`, detail: t`Ask the person who sent it for a new one.` };
    case "invite_spent":
      return { title: t`This invitation has been used up.`, detail: t`It was made for a limited number of people. Ask for a new one.` };
    case "banned":
      return { title: t`You are banned from this community.`, detail: error.detail || t`Only those who look after it can let you in again.` };
    case "blocked":
      return { title: error.domain ? t`${where} and your place do not talk to each other.` : t`This place and yours do not talk to each other.`, detail: t`One of them has blocked the other. The people who run your place can tell you more.` };
    case "not_allowed":
      return { title: error.domain ? t`${where} and your place do not talk to each other.` : t`This place and yours do not talk to each other.`, detail: t`One of them talks to chosen places only.` };
    case "in_review":
    case "paused":
      return { title: t`Not yet.`, detail: error.detail };
    case "peer_unreachable":
      return { title: error.domain ? t`${where} does not answer.` : t`The other place does not answer.`, detail: t`It may be switched off for a while. Try again later.` };
    case "storage_full":
      return { title: t`There is no room left to save this.`, detail: t`The person who runs this place must free some. Reading still works.` };
    case "too_large":
      return { title: t`This file is too large.`, detail: error.detail };
    case "not_found":
      return { title: t`This is not here (any more).`, detail: t`It was deleted, or you may not see it.` };
    case "owner_cannot_leave":
      return { title: t`You own a community.`, detail: error.detail || t`Delete it first, if nobody needs it any more.` };
    case "last_admin":
      return { title: t`Nobody else looks after this place.`, detail: t`Make somebody else an administrator first.` };
    case "setup_done":
      return { title: t`This place is set up already.`, detail: t`Sign in with your account.` };
    case "setup_token_invalid":
      return { title: t`This set-up address is not valid (any more).`, detail: t`Open the address that was printed when the service was started last.` };
    default:
      if (error.status >= 500) return { title: t`The server could not do this.`, detail: error.detail || t`Try again in a moment.` };
      return { title: error.detail || t`This did not work.` };
  }
}

function explainPasskey({ reason }: PasskeyError): Explanation {
  switch (reason) {
    case "none":
      return { title: t`No passkey was chosen.`, detail: t`Nothing has changed. Try once more when you like.` };
    case "known":
      return { title: t`This device has a passkey for you already.`, detail: t`Use another device, or remove the old one first.` };
    case "elsewhere":
      return { title: t`Passkeys do not work at this address.`, detail: t`They belong to the proper address of this place: open it there.` };
    case "failed":
      return { title: t`The browser could not do this.`, detail: t`Try once more, or use another browser.` };
  }
}

function waitSentence(ms: number | null): string {
  if (ms === null) return t`Wait a little and try again.`;
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 90) return t`Try again in ${seconds} s.`;
  const minutes = Math.ceil(seconds / 60);
  return t`Try again in ${minutes} min.`;
}

/** What is wrong with one field of a form, as the server said it. */
export function fieldError(error: unknown, field: string): string | undefined {
  return error instanceof ApiProblem ? error.field(field) : undefined;
}

/** The fields that the server complained about. */
export function problemFields(error: unknown): string[] {
  return error instanceof ApiProblem ? error.fields.map((f) => f.field) : [];
}
