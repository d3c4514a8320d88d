const key = "conntext.home";

/** The home that this browser's person named last on an invitation of this place. */
export function rememberedHome(): string {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

export function rememberHome(domain: string): void {
  try {
    localStorage.setItem(key, domain);
  } catch {
    // Without storage the person types it again next time.
  }
}
