/** An invitation: where the community lives and the code. */
export interface InviteRef {
  domain: string;
  code: string;
}

/** Finds the invitation in what somebody pasted: a link of the community's place or of one's own, or `domain/code`; a code alone belongs to `here`. */
export function parseInvite(text: string, here: string): InviteRef | null {
  const trimmed = text.trim();
  const link = /^(?:https?:\/\/)?([^/\s?#]+)\/invite\/([\w-]+)\/?$/i.exec(trimmed);
  if (link?.[1] && link[2]) return { domain: link[1].toLowerCase(), code: link[2] };
  const join = /^(?:https?:\/\/)?[^/\s?#]+\/join\/([^/\s?#]+)\/([\w-]+)\/?$/i.exec(trimmed);
  if (join?.[1] && join[2]) return { domain: decodeURIComponent(join[1]).toLowerCase(), code: join[2] };
  const short = /^([^/\s?#]+\.[^/\s?#]+)\/([\w-]+)$/.exec(trimmed);
  if (short?.[1] && short[2]) return { domain: short[1].toLowerCase(), code: short[2] };
  return /^[\w-]{4,}$/.test(trimmed) ? { domain: here, code: trimmed } : null;
}

/** The page at home that shows an invitation and lets the person accept it. */
export function joinPath({ domain, code }: InviteRef): string {
  return `/join/${encodeURIComponent(domain)}/${encodeURIComponent(code)}`;
}

/** Brings what somebody typed as their home ("@ada@quietbay.org", an address, upper case) into the form of a domain with its port; null if it cannot be one. */
export function parseHome(text: string): string | null {
  const domain = text
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, "")
    .replace(/[/?#].*$/, "")
    .replace(/^.*@/, "");
  return /^[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?(?::\d{1,5})?$/u.test(domain) ? domain : null;
}

/** The address of the join page at somebody's home. Plain http only where this page itself is shown over http and the home is on this machine. */
export function homeJoinUrl(home: string, invite: InviteRef, protocol: string): string {
  const host = home.replace(/:\d+$/, "");
  const loopback = host === "localhost" || host.endsWith(".localhost") || host === "127.0.0.1" || host === "[::1]";
  return `${protocol === "http:" && loopback ? "http" : "https"}://${home}${joinPath(invite)}`;
}
