// A person who uses an instance's public API with a bearer token.

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks again until the answer is neither null nor undefined; gives up with the name of what was awaited. */
export async function until(what, ask, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (let pause = 50; ; pause = Math.min(pause * 2, 1000)) {
    const answer = await ask();
    if (answer !== null && answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await sleep(pause);
  }
}

export class ApiError extends Error {
  constructor(method, path, status, problem) {
    const fields = (problem.fields ?? []).map((f) => `${f.field}: ${f.message}`).join("; ");
    super(`${method} ${path}: ${status} ${problem.code ?? ""} ${problem.detail ?? problem.title ?? ""} ${fields}`.trim());
    this.status = status;
    this.code = problem.code;
  }
}

export class Person {
  /** `origin` is where the instance listens, `token` a bearer token or null. */
  constructor(origin, token = null) {
    this.origin = origin;
    this.token = token;
  }

  async call(method, path, body) {
    const raw = body instanceof Uint8Array;
    for (;;) {
      const response = await fetch(`${this.origin}/api/v1${path}`, {
        method,
        headers: {
          ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
          ...(body === undefined ? {} : { "content-type": raw ? "image/png" : "application/json" }),
        },
        body: body === undefined ? undefined : raw ? body : JSON.stringify(body),
      });
      if (response.ok) return response.status === 204 ? null : response.json();
      const problem = await response.json().catch(() => ({}));
      if (response.status !== 429) throw new ApiError(method, path, response.status, problem);
      await sleep(Math.min(problem.retry_after_ms ?? 1000, 60_000));
    }
  }

  get = (path) => this.call("GET", path);
  post = (path, body = {}) => this.call("POST", path, body);
  put = (path, body) => this.call("PUT", path, body);
  patch = (path, body) => this.call("PATCH", path, body);
}
