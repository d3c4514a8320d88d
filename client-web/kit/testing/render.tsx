import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { configure, render, type RenderResult } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";
import { Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { api, type Instance, type Me, type Problem } from "@kit/api";
import { ProfileProvider, SessionProvider, SyncProvider, type SessionValue } from "@kit/live";
import { createSync, emptyState, type LiveState, type Sync } from "@kit/sync";

// Dialogs and lists appear a moment after the click; a busy machine needs longer for it.
configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });

/** The instance of the tests. */
export function instance(part: Partial<Instance> = {}): Instance {
  return {
    domain: "quietbay.org",
    former_domain: null,
    name: "Quiet Bay",
    version: "0.1.0",
    registration: "open",
  email: "off",
  mail: false,
    setup_required: false,
    signed_in: false,
    insecure: false,
    passkeys: true,
    services: [],
    limits: { access_s: 900, message_chars: 4000, upload_bytes: 25_000_000, attachments: 10, password_min: 12 },
    ...part,
  };
}

/** A live state object whose contents the test gives; nothing is connected. */
export function fakeSync(part: Partial<LiveState>): Sync {
  const sync = createSync({
    api,
    connect: () => {
      throw new Error("a test opened a socket");
    },
    now: () => Date.now(),
    random: () => 0.5,
    nonce: () => "nonce",
    onSignedOut: () => undefined,
  });
  sync.store.setState({ ...emptyState(), ready: true, connection: "online", ...part }, true);
  return sync;
}

export interface Harness {
  sync: Sync;
  session: SessionValue;
  client: QueryClient;
}

export function harness(
  options: {
    me?: Me | null;
    state?: Partial<LiveState>;
    instance?: Partial<Instance>;
    session?: Partial<SessionValue>;
  } = {},
): Harness {
  const me = options.me ?? null;
  return {
    sync: fakeSync({ me, ...options.state }),
    session: {
      status: me ? "in" : "out",
      instance: instance({ signed_in: me !== null, ...options.instance }),
      me,
      unreachable: false,
      signedIn: () => undefined,
      signOut: () => Promise.resolve(),
      refresh: () => undefined,
      ...options.session,
    },
    client: new QueryClient({ defaultOptions: { queries: { retry: false } } }),
  };
}

/** Everything that components expect around them. */
export function Surroundings({
  harness: { sync, session, client },
  openProfile,
  children,
}: {
  harness: Harness;
  openProfile?: (uid: string, sid: string | null, anchor: Element) => void;
  children: ReactNode;
}) {
  return (
    <I18nProvider i18n={i18n}>
      <QueryClientProvider client={client}>
        <SyncProvider sync={sync}>
          <SessionProvider value={session}>
            <ProfileProvider open={openProfile ?? (() => undefined)}>{children}</ProfileProvider>
          </SessionProvider>
        </SyncProvider>
      </QueryClientProvider>
    </I18nProvider>
  );
}

/** Shows something at an address, in memory. `history` tells where it went. */
export function show(
  children: ReactNode,
  options: Parameters<typeof harness>[0] & {
    path?: string;
    openProfile?: (uid: string, sid: string | null, anchor: Element) => void;
  } = {},
): RenderResult & Harness & { history: string[] } {
  const made = harness(options);
  const [pathname = "/", search = ""] = (options.path ?? "/").split("?");
  const place = memoryLocation({ path: pathname, searchPath: search, record: true });
  const result = render(
    <Router hook={place.hook} searchHook={place.searchHook}>
      <Surroundings harness={made} {...(options.openProfile ? { openProfile: options.openProfile } : {})}>
        {children}
      </Surroundings>
    </Router>,
  );
  return { ...result, ...made, history: place.history };
}

export interface SeenRequest {
  method: string;
  /** Path below /api/v1/ with its query. */
  path: string;
  body: unknown;
}

type Answer = unknown | ((request: SeenRequest) => unknown);

/** What a route of the fake server throws to answer with a problem document. */
export class Refusal {
  readonly problem: Partial<Problem> & { status: number; code: string };
  constructor(problem: Partial<Problem> & { status: number; code: string }) {
    this.problem = problem;
  }
}

/** Answers the API from a table "GET invites/:domain/:code" → answer, and keeps what was asked. Routes that are not in it fail the request with 404. */
export function fakeServer(routes: Record<string, Answer>): SeenRequest[] {
  const seen: SeenRequest[] = [];
  const table = Object.entries(routes).map(([key, answer]) => {
    const [method = "GET", route = ""] = key.split(" ");
    return { method, pattern: new RegExp(`^${route.replace(/:\w+/g, "[^/?]+")}(?:\\?.*)?$`), answer };
  });
  globalThis.fetch = async (input, init = {}) => {
    const path = String(input instanceof Request ? input.url : input).replace(/^.*\/api\/v1\//, "");
    const method = init.method ?? "GET";
    const request: SeenRequest = {
      method,
      path,
      body: typeof init.body === "string" ? (JSON.parse(init.body) as unknown) : init.body,
    };
    seen.push(request);
    await Promise.resolve();
    const route = table.find((candidate) => candidate.method === method && candidate.pattern.test(path));
    const reply = (status: number, body: unknown) =>
      new Response(body === undefined ? null : JSON.stringify(body), {
        status,
        headers: { "content-type": "application/json" },
      });
    if (!route)
      return reply(404, { status: 404, code: "not_found", title: `no route ${method} ${path}`, type: "about:blank" });
    const answer: unknown =
      typeof route.answer === "function" ? (route.answer as (request: SeenRequest) => unknown)(request) : route.answer;
    if (answer instanceof Refusal)
      return reply(answer.problem.status, { type: "about:blank", title: answer.problem.code, ...answer.problem });
    return answer === undefined ? reply(204, undefined) : reply(200, answer);
  };
  return seen;
}
