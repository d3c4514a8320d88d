import { readFileSync } from "node:fs";
import { accessible, expect, Instance, PASSWORD, Person, register, setUp, shot, test } from "./kit";

test("A8: an account moves to another instance, and its person goes on there", async ({ browser, a, b }) => {
  const garden = await Instance.create("garden");
  try {
    await setUp(browser, garden, "gardener");
    const host = await register(browser, b, "movehost");
    const server = await host.call<{ id: string; channels: { id: string; kind: string; staff?: boolean }[] }>("POST", "servers", { name: "Quiet harbour" });
    const { code } = await host.call<{ code: string }>("POST", `servers/${server.id}/invites`, {});
    const channel = server.channels.find((c) => c.kind === "text" && !c.staff)?.id ?? "";
    const ada = await register(browser, a, "wanderer");
    const { page } = ada;
    await ada.call("POST", `invites/${encodeURIComponent(b.domain)}/${code}/accept`, {});
    await ada.open(server, channel);
    await ada.say("before the journey");
    await host.open(server, channel);
    await host.sees("before the journey");

    await ada.go("/settings/data");
    await page.getByRole("button", { name: "Move my account" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Where to").fill("no address");
    await dialog.getByRole("button", { name: "Go on" }).click();
    await expect(dialog.getByText("is not the address of an instance")).toBeVisible();
    await dialog.getByLabel("Where to").fill(garden.domain);
    await accessible(page);
    await shot(page, "move-where");
    await dialog.getByRole("button", { name: "Go on" }).click();
    await expect(page.getByRole("heading", { name: `Go on at ${garden.domain}` })).toBeVisible();
    await accessible(page);
    await shot(page, "move-ticket");
    await page.getByRole("button", { name: `To ${garden.domain}` }).click();

    await expect(page.getByText(`You come from ${a.domain}.`)).toBeVisible();
    await accessible(page);
    await shot(page, "move-arrive");
    await page.getByRole("link", { name: "Create an account" }).click();
    await page.getByLabel("Name", { exact: true }).fill("wanderer");
    await page.locator("input[name=password]").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByRole("heading", { name: `Bring your account from ${a.domain}?` })).toBeVisible();
    await accessible(page);
    await shot(page, "move-confirm");
    await page.getByRole("button", { name: "Bring it here" }).click();
    await expect(page.getByRole("heading", { name: "You live here now, and all know" })).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText("1 of 1 community knows.")).toBeVisible();
    await accessible(page);
    await shot(page, "move-done");
    await page.getByRole("button", { name: "To my communities" }).click();
    await expect(page.locator("article[data-message]").filter({ hasText: "before the journey" })).toBeVisible();
    await page.locator("[data-composer] textarea").fill("from my new home");
    await page.locator("[data-composer] textarea").press("Enter");
    await host.sees("from my new home");
    await host.page.locator("article[data-message]").filter({ hasText: "before the journey" }).getByRole("button", { name: /wanderer/ }).first().click();
    await expect(host.page.getByText(`wanderer@${garden.domain}`).first()).toBeVisible();
    await shot(host.page, "move-seen");

    // At the former home only who knows the password is told where it went.
    const old = await (await browser.newContext()).newPage();
    await old.goto(`${a.url}/sign-in`);
    await old.getByLabel("Name").first().fill("wanderer");
    await old.locator("input[name=password]").fill(PASSWORD);
    await old.getByRole("button", { name: "Sign in" }).click();
    await expect(old.getByText(`This account lives at ${garden.domain} now. Sign in there.`)).toBeVisible();
    await shot(old, "move-gone");
  } finally {
    await garden.remove();
  }
});

test("A8: where the home is gone, the recovery file is enough", async ({ browser, b }) => {
  const old = await Instance.create("sinking");
  const next = await Instance.create("raft", { CONNTEXT__PROFILE_HOSTING__OFFER: "true" });
  let stopped = false;
  try {
    await setUp(browser, old, "captain");
    await setUp(browser, next, "rafter");
    const host = await register(browser, b, "rescuehost");
    const server = await host.call<{ id: string; channels: { id: string; kind: string; staff?: boolean }[] }>("POST", "servers", { name: "Lifeboat" });
    const { code } = await host.call<{ code: string }>("POST", `servers/${server.id}/invites`, {});
    const channel = server.channels.find((c) => c.kind === "text" && !c.staff)?.id ?? "";
    const context = await browser.newContext({ acceptDownloads: true });
    const page = await context.newPage();
    await page.goto(`${old.url}/sign-up`);
    await page.getByLabel("Name", { exact: true }).fill("castaway");
    await page.locator("input[name=password]").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save recovery file" }).click();
    const file = await (await saving).path();
    await page.getByRole("button", { name: "I have kept it" }).click();
    await expect(page.getByRole("heading", { name: "Hello, castaway" })).toBeVisible();
    await page.goto(`${old.url}/join/${encodeURIComponent(b.domain)}/${code}`);
    await page.getByRole("button", { name: /^Join/ }).click();
    await expect(page.locator("[data-composer] textarea")).toBeVisible();
    await page.locator("[data-composer] textarea").fill("water is rising");
    await page.locator("[data-composer] textarea").press("Enter");
    await host.open(server, channel);
    await host.sees("water is rising");
    // The next instance keeps the profile, and beside it what only the key opens.
    const castaway = new Person(page, old, "castaway");
    await castaway.call("PUT", "me/profile-host", { domain: next.domain });
    await expect.poll(async () => (await castaway.call<{ domain: string }>("GET", "me/profile-host")).domain, { timeout: 15_000 }).toBe(next.domain);
    await old.stop();
    stopped = true;

    await page.goto(`${next.url}/sign-up`);
    await page.getByRole("link", { name: "Bring it here" }).click();
    await page.getByRole("link", { name: "Create an account" }).click();
    await page.getByLabel("Name", { exact: true }).fill("castaway");
    await page.locator("input[name=password]").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("button", { name: "That place is gone, or does not let me go" }).click();
    await page.getByLabel("The address that you had").fill(`@castaway@${old.domain}`);
    await page.getByLabel("Or type the 24 words").fill("these are not the words");
    await page.getByRole("button", { name: "Bring it here" }).click();
    await expect(page.getByText("These are not the 24 words of a recovery key.")).toBeVisible();
    await page.locator("input[type=file]").setInputFiles(file);
    await accessible(page);
    await shot(page, "move-by-key");
    await page.getByRole("button", { name: "Bring it here" }).click();
    await expect(page.getByRole("list", { name: "Communities" }).getByText("Lifeboat")).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText("1 of 1 community knows.")).toBeVisible({ timeout: 30_000 });
    await accessible(page);
    await shot(page, "move-by-key-done");
    expect(readFileSync(file, "utf8")).toContain("castaway");
    await page.getByRole("button", { name: "To my communities" }).click();
    await expect(page.locator("article[data-message]").filter({ hasText: "water is rising" })).toBeVisible();
    await page.locator("[data-composer] textarea").fill("dry land");
    await page.locator("[data-composer] textarea").press("Enter");
    await host.sees("dry land");
  } finally {
    if (!stopped) await old.stop();
    await old.remove();
    await next.remove();
  }
});
