import { thumbHashToDataURL } from "thumbhash";

const cache = new Map<string, string | null>();

/** The blurred preview of a picture as an address, or null when the hash is broken. */
export function blurred(hash: string): string | null {
  const known = cache.get(hash);
  if (known !== undefined) return known;
  let url: string | null = null;
  try {
    url = thumbHashToDataURL(Uint8Array.from(atob(hash), (c) => c.charCodeAt(0)));
  } catch {
    url = null;
  }
  cache.set(hash, url);
  return url;
}
