import { AxeBuilder } from "@axe-core/playwright";
import { test as base, expect, type Browser, type BrowserContextOptions, type Page } from "@playwright/test";
import type { Invite, Message, Server } from "../kit/api/types";
import { Instance } from "./instance";

export { expect, Instance };
export const PASSWORD = "a lantern on the night train";

/** A person at an instance in a browser of their own. */
export class Person {
  constructor(
    readonly page: Page,
    readonly home: Instance,
    readonly handle: string,
  ) {}

  /** A call of the client API with this person's session. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    return this.page.evaluate(
      async ([how, where, what]) => {
        const init: RequestInit = { method: how as string };
        if (what !== undefined) {
          init.body = JSON.stringify(what);
          init.headers = { "content-type": "application/json" };
        }
        const answer = await fetch(`/api/v1/${where as string}`, init);
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${how as string} ${where as string}: ${answer.status} ${text}`);
        return (text ? JSON.parse(text) : undefined) as unknown;
      },
      [method, path, body] as const,
    ) as Promise<T>;
  }

  async go(path: string): Promise<void> {
    await this.page.goto(this.home.url + path);
  }

  field() {
    return this.page.locator("[data-composer] textarea");
  }

  messages() {
    return this.page.locator("article[data-message]");
  }

  /** The messages that hold a text. */
  message(text: string | RegExp) {
    return this.messages().filter({ hasText: text });
  }

  async say(text: string): Promise<void> {
    await this.field().fill(text);
    await this.field().press("Enter");
  }

  async sees(text: string | RegExp): Promise<void> {
    await expect(this.message(text)).toHaveCount(1);
    await expect(this.message(text)).toBeVisible();
  }

  /** Opens a channel and waits until one can write there. */
  async open(server: Pick<Server, "id">, channel: string): Promise<void> {
    await this.go(`/s/${server.id}/${channel}`);
    await expect(this.field()).toBeVisible();
  }

  async send(sid: string, cid: string, body: string): Promise<Message> {
    return this.call("POST", `servers/${sid}/channels/${cid}/messages`, {
      nonce: `${Date.now()}-${Math.random()}`,
      body,
    });
  }
}

/** Registers somebody through the page. */
export async function register(
  browser: Browser,
  home: Instance,
  handle: string,
  options: BrowserContextOptions = {},
): Promise<Person> {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto(`${home.url}/sign-up`);
  await page.getByLabel("Name", { exact: true }).fill(handle);
  await page.locator("input[name=password]").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("button", { name: "Not now" }).click();
  await expect(page).not.toHaveURL(/sign-up/);
  return new Person(page, home, handle);
}

/** Makes the administrator with the set-up address. */
export async function setUp(
  browser: Browser,
  home: Instance,
  handle: string,
  options: BrowserContextOptions = {},
): Promise<Person> {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto(await home.setupUrl());
  await page.getByLabel("Your name here").fill(handle);
  await page.locator("input[name=password]").fill(PASSWORD);
  await page.getByRole("button", { name: "Finish" }).click();
  await expect(page).not.toHaveURL(/setup/);
  return new Person(page, home, handle);
}

/** Fails the story where axe finds something serious on the page. */
export async function accessible(page: Page): Promise<void> {
  // The announcer points at what it announced for some seconds, also when that is gone already.
  const found = await new AxeBuilder({ page }).exclude("[data-live-announcer]").analyze();
  const serious = found.violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  expect(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 200)).join(", ")}`)).toEqual([]);
}

/** Pictures for whoever wants to look at them, wide and narrow: SHOTS names a folder. */
export async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env["SHOTS"];
  if (!folder) return;
  const before = page.viewportSize();
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ] as const) {
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(500);
    await page.screenshot({ path: `${folder}/${name}-${String(width)}.png` });
  }
  if (before) await page.setViewportSize(before);
}

/** A community of the owner with one text channel; made through the API. */
export async function community(owner: Person, name: string): Promise<{ server: Server; channel: string }> {
  const server = await owner.call<Server>("POST", "servers", { name, template: "blank" });
  const channel = server.channels.find((c) => c.kind === "text");
  if (!channel) throw new Error("a new community has no channel");
  return { server, channel: channel.id };
}

/** Lets somebody into a community by an invitation; through the API. */
export async function letIn(owner: Person, server: Server, guest: Person): Promise<void> {
  const invite = await owner.call<Invite>("POST", `servers/${server.id}/invites`, {});
  await guest.call("POST", `invites/${encodeURIComponent(server.hub_domain)}/${invite.code ?? ""}/accept`);
}

/** Two instances, `a` and `b`, for all stories of one file. */
export const test = base.extend<{ closePages: undefined }, { a: Instance; b: Instance }>({
  // People leave after each story; the instances stay for the next one.
  closePages: [
    async ({ browser }, use) => {
      await use(undefined);
      for (const context of browser.contexts()) await context.close();
    },
    { auto: true },
  ],
  a: [
    async ({}, use) => {
      const instance = await Instance.create("a");
      await use(instance);
      await instance.remove();
    },
    { scope: "worker" },
  ],
  b: [
    async ({}, use) => {
      const instance = await Instance.create("b");
      await use(instance);
      await instance.remove();
    },
    { scope: "worker" },
  ],
});
