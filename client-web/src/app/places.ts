const KEY = "conntext.places";

interface Places {
  last: string | null;
  /** The channel that was open last, by server. */
  channels: Record<string, string>;
}

function read(): Places {
  try {
    const known = JSON.parse(localStorage.getItem(KEY) ?? "") as Partial<Places>;
    return { last: known.last ?? null, channels: known.channels ?? {} };
  } catch {
    return { last: null, channels: {} };
  }
}

/** Remembers in this browser where the person is. */
export function rememberPlace(sid: string, cid: string): void {
  const places = read();
  try {
    localStorage.setItem(KEY, JSON.stringify({ last: sid, channels: { ...places.channels, [sid]: cid } }));
  } catch {
    // Without storage the first channel opens next time.
  }
}

export function lastPlace(): { sid: string; cid: string | null } | null {
  const { last, channels } = read();
  return last ? { sid: last, cid: channels[last] ?? null } : null;
}

export function lastChannel(sid: string): string | null {
  return read().channels[sid] ?? null;
}
