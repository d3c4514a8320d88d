import type { FieldProblem, Problem } from "./types";

/** Codes that the client makes itself, when no answer came from the server. */
export const OFFLINE = "offline";
export const ABORTED = "aborted";

/** An error answer of the server (RFC 9457), or the lack of an answer (`status` 0, `code` "offline"). */
export class ApiProblem extends Error {
  readonly status: number;
  /** Stable code to decide by; `detail` is for people. */
  readonly code: string;
  readonly detail: string;
  readonly fields: FieldProblem[];
  readonly retryAfterMs: number | null;
  /** The other instance that the problem is about, if any. */
  readonly domain: string | null;
  readonly requestId: string | null;

  constructor(problem: Partial<Problem> & { status: number; code: string }) {
    super(problem.detail ?? problem.title ?? problem.code);
    this.name = "ApiProblem";
    this.status = problem.status;
    this.code = problem.code;
    this.detail = problem.detail ?? problem.title ?? "";
    this.fields = problem.fields ?? [];
    this.retryAfterMs = problem.retry_after_ms ?? null;
    this.domain = problem.domain ?? null;
    this.requestId = problem.request_id ?? null;
  }

  /** The message for one form field, or undefined. */
  field(name: string): string | undefined {
    return this.fields.find((f) => f.field === name)?.message;
  }

  /** True when the same request may succeed later without a change: no network, a busy server, a rate limit. */
  get temporary(): boolean {
    return (
      this.status === 0 ||
      this.status === 429 ||
      this.status === 408 ||
      this.status >= 502 ||
      this.status === 500 ||
      this.status === 507
    );
  }
}

/** Makes an `ApiProblem` of an HTTP status and the text of its answer, whatever that text is. */
export function problemFrom(status: number, text: string, headers?: { get(name: string): string | null }): ApiProblem {
  let body: Partial<Problem> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed && typeof parsed === "object") body = parsed as Partial<Problem>;
  } catch {
    // A proxy in between answered with something else; the status says enough.
  }
  const seconds = Number(headers?.get("retry-after"));
  const retry = body.retry_after_ms ?? (Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined);
  const problem: Partial<Problem> & { status: number; code: string } = {
    ...body,
    status,
    code: body.code ?? `http_${status}`,
  };
  if (retry !== undefined) problem.retry_after_ms = retry;
  return new ApiProblem(problem);
}

/** True for an `ApiProblem`, optionally with that code. */
export function isProblem(error: unknown, code?: string): error is ApiProblem {
  return error instanceof ApiProblem && (code === undefined || error.code === code);
}
