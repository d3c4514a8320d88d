import { ABORTED, ApiProblem, OFFLINE, problemFrom } from "./problem";
import { signed } from "./renew";

/** Every path of the client API starts with this. */
export const BASE = "/api/v1";

type Query = Record<string, string | number | boolean | null | undefined>;

export interface RequestOptions {
  query?: Query;
  /** Sent as JSON, or as it is when it is a Blob. */
  body?: unknown;
  signal?: AbortSignal;
  /** Lets a request outlive the page; for small last words such as read marks. */
  keepalive?: boolean;
}

/** Joins path parts, each escaped: `path("servers", sid)`. */
export function path(...parts: string[]): string {
  return parts.map(encodeURIComponent).join("/");
}

export function url(route: string, query?: Query): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null) search.set(key, String(value));
  }
  const text = search.toString();
  return `${BASE}/${route}${text ? `?${text}` : ""}`;
}

/** Whether a path of this instance answers well; for asking often. */
export async function answers(where: string): Promise<boolean> {
  const answer = await fetch(where, { method: "HEAD", cache: "no-store", credentials: "omit" }).catch(() => null);
  return answer?.ok ?? false;
}

/** One request to this instance; throws `ApiProblem` for every outcome that is not a success. */
export function request<T>(method: string, route: string, options: RequestOptions = {}): Promise<T> {
  return signed(() => once<T>(method, route, options));
}

async function once<T>(method: string, route: string, options: RequestOptions): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin", headers: { accept: "application/json" } };
  if (options.signal) init.signal = options.signal;
  if (options.keepalive) init.keepalive = true;
  if (options.body instanceof Blob) {
    init.body = options.body;
    init.headers = { accept: "application/json", "content-type": options.body.type || "application/octet-stream" };
  } else if (options.body !== undefined) {
    init.body = JSON.stringify(options.body);
    init.headers = { accept: "application/json", "content-type": "application/json" };
  }
  let response: Response;
  let text: string;
  try {
    response = await fetch(url(route, options.query), init);
    text = await response.text();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") {
      throw new ApiProblem({ status: 0, code: ABORTED });
    }
    throw new ApiProblem({ status: 0, code: OFFLINE });
  }
  if (!response.ok) {
    const problem = problemFrom(response.status, text, response.headers);
    // This place has another domain now: the page itself leads there.
    if (problem.code === "moved") location.reload();
    throw problem;
  }
  if (text === "") return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ApiProblem({ status: 502, code: "bad_answer" });
  }
}
