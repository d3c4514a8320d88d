const KEY = "conntext.move";

/** What the place that somebody leaves gave them. */
export interface Ticket {
  from: string;
  ticket: string;
}

function parse(text: string): Ticket | null {
  const [from, ticket] = text.split("&");
  return from && ticket ? { from, ticket } : null;
}

/** The ticket in an address, or the one that this tab keeps while an account is made. */
export function keptTicket(hash: string): Ticket | null {
  return parse(hash) ?? parse(stored());
}

function stored(): string {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

/** Keeps it in this tab until the account is there. */
export function keepTicket(hash: string): void {
  if (!parse(hash)) return;
  try {
    sessionStorage.setItem(KEY, hash);
  } catch {
    // Without storage the address has to be opened again after signing up.
  }
}

export function forgetTicket(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing is kept.
  }
}
