import { ApiProblem, OFFLINE, isProblem, problemFrom } from "./problem";

const PATH = "/api/v1/sessions/refresh";
/** When the tokens in the cookies were renewed last, by whichever window. */
const RENEWED = "conntext.renewed";
/** The session ended since somebody else had its tokens, too. */
const REUSED = "conntext.reused";

/** A request without a body in its answer (HEAD) has no code. */
const STALE = ["token_expired", "not_signed_in", "http_401"];

let underWay: Promise<void> | null = null;

async function ask(): Promise<void> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(PATH, { method: "POST", credentials: "same-origin", headers: { accept: "application/json", "content-type": "application/json" }, body: "{}" });
    text = await response.text();
  } catch {
    throw new ApiProblem({ status: 0, code: OFFLINE });
  }
  if (response.ok) {
    localStorage.setItem(RENEWED, String(Date.now()));
    return;
  }
  const problem = problemFrom(response.status, text, response.headers);
  // Who is not signed in any more learns of it by what they wanted.
  if (problem.status !== 401) throw problem;
  if (problem.code === "token_reused") sessionStorage.setItem(REUSED, "1");
}

/** Renews the tokens that the browser keeps in cookies; once, however many ask for it. */
export function renew(): Promise<void> {
  underWay ??= ask().finally(() => {
    underWay = null;
  });
  return underWay;
}

/** Renews them before they are too old, unless another window did so just now. */
export async function keepFresh(lifeMs: number): Promise<void> {
  const since = Date.now() - Number(localStorage.getItem(RENEWED) ?? 0);
  if (since >= 0 && since < lifeMs / 2) return;
  // The next request tries again.
  await renew().catch(() => undefined);
}

/** Whether the last session ended since somebody else had its tokens, too. */
export function wasReused(): boolean {
  return sessionStorage.getItem(REUSED) !== null;
}

/** The person signed in again, and has been told. */
export function forgetReused(): void {
  sessionStorage.removeItem(REUSED);
}

/** Runs a request, and once more with new tokens where those that the browser has are too old. */
export async function signed<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isProblem(error) || error.status !== 401 || !STALE.includes(error.code)) throw error;
    await renew();
    return act();
  }
}
