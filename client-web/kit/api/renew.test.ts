import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { request } from "./http";
import { ApiProblem } from "./problem";
import { keepFresh, wasReused } from "./renew";

const REFRESH = "/api/v1/sessions/refresh";
type Answer = [status: number, body: unknown];

/** Answers by path; a function decides anew each time. */
function answers(routes: Record<string, () => Answer | Promise<Answer>>): string[] {
  const seen: string[] = [];
  vi.stubGlobal("fetch", async (where: string) => {
    seen.push(where);
    const [status, body] = await (routes[where] ?? (() => [404, { code: "not_found" }] as Answer))();
    if (status === 0) throw new TypeError("no network");
    return new Response(JSON.stringify(body), { status });
  });
  return seen;
}

const code = (result: Promise<unknown>): Promise<string> =>
  result.then(
    () => "fine",
    (error: unknown) => (error as ApiProblem).code,
  );

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test("A2: tokens that are too old are renewed once, and all requests go on", async () => {
  let fresh = false;
  const me = (): Answer => (fresh ? [200, {}] : [401, { code: "token_expired" }]);
  const seen = answers({
    "/api/v1/me": me,
    "/api/v1/servers": me,
    [REFRESH]: async () => {
      await Promise.resolve();
      fresh = true;
      return [200, { expires_in_s: 900 }];
    },
  });
  expect(await Promise.all([code(request("GET", "me")), code(request("GET", "servers"))])).toEqual(["fine", "fine"]);
  expect(seen.filter((where) => where === REFRESH)).toHaveLength(1);
});

test("A2: who is signed out learns it by what they wanted; a wrong password renews nothing", async () => {
  const seen = answers({
    "/api/v1/me": () => [401, { code: "not_signed_in" }],
    "/api/v1/sessions": () => [401, { code: "bad_credentials" }],
    [REFRESH]: () => [401, { code: "not_signed_in" }],
  });
  expect(await code(request("GET", "me"))).toBe("not_signed_in");
  expect(wasReused()).toBe(false);
  expect(seen).toEqual(["/api/v1/me", REFRESH, "/api/v1/me"]);
  expect(await code(request("POST", "sessions"))).toBe("bad_credentials");
  expect(seen).toHaveLength(4);
});

test("A2: without a network nobody is signed out", async () => {
  answers({ "/api/v1/me": () => [401, { code: "token_expired" }], [REFRESH]: () => [0, null] });
  expect(await code(request("GET", "me"))).toBe("offline");
});

test("A2: a session that somebody else used as well is remembered for the sign-in page", async () => {
  answers({ "/api/v1/me": () => [401, { code: "not_signed_in" }], [REFRESH]: () => [401, { code: "token_reused" }] });
  expect(await code(request("GET", "me"))).toBe("not_signed_in");
  expect(wasReused()).toBe(true);
});

test("A2: tokens are kept fresh by one of several windows", async () => {
  const seen = answers({ [REFRESH]: () => [200, {}] });
  await keepFresh(900_000);
  await keepFresh(900_000);
  expect(seen).toHaveLength(1);
  localStorage.setItem("conntext.renewed", String(Date.now() - 500_000));
  await keepFresh(900_000);
  expect(seen).toHaveLength(2);
});
