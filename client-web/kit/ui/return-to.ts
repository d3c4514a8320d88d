/** The page to go on with after signing in, from `?return=`: only addresses of this place, never another one's. */
export function returnTo(search: string): string {
  const wanted = new URLSearchParams(search).get("return");
  return wanted && /^\/(?![/\\])/.test(wanted) && !wanted.startsWith("/sign-") ? wanted : "/";
}

/** The address of the sign-in page that leads back to `path` afterwards. */
export function signInPath(path: string, page: "sign-in" | "sign-up" = "sign-in"): string {
  return path === "/" ? `/${page}` : `/${page}?return=${encodeURIComponent(path)}`;
}
