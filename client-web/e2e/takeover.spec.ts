import type { Browser, Page } from "@playwright/test";
import { accessible, expect, Instance, PASSWORD, Person, register, setUp, shot, test } from "./kit";

/** Somebody signs up and keeps their recovery file. */
async function withKey(browser: Browser, at: Instance, name: string): Promise<{ person: Person; page: Page; file: string }> {
  const page = await (await browser.newContext({ acceptDownloads: true })).newPage();
  await page.goto(`${at.url}/sign-up`);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.locator("input[name=password]").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save recovery file" }).click();
  const file = await (await saving).path();
  await page.getByRole("button", { name: "I have kept it" }).click();
  await expect(page.getByRole("heading", { name: `Hello, ${name}` })).toBeVisible();
  return { person: new Person(page, at, name), page, file };
}

test("B13: a community goes on by the keys of its people when its place is gone", async ({ browser, b }) => {
  const old = await Instance.create("sinking");
  let stopped = false;
  try {
    await setUp(browser, old, "harbourmaster");
    const owner = await withKey(browser, old, "keeperone");
    const second = await withKey(browser, old, "keepertwo");
    const server = await owner.person.call<{ id: string; channels: { id: string; kind: string; staff?: boolean }[] }>("POST", "servers", { name: "Lighthouse" });
    const { code } = await owner.person.call<{ code: string }>("POST", `servers/${server.id}/invites`, {});
    const channel = server.channels.find((c) => c.kind === "text" && !c.staff)?.id ?? "";
    await second.person.call("POST", `invites/${encodeURIComponent(old.domain)}/${code}/accept`, {});
    const guest = await register(browser, b, "lampkeeper");
    await guest.call("POST", `invites/${encodeURIComponent(old.domain)}/${code}/accept`, {});
    const role = await owner.person.call<{ id: string }>("POST", `servers/${server.id}/roles`, { name: "keepers", permissions: ["manage_server"] });
    const { uid } = await second.person.call<{ uid: string }>("GET", "me/identity");
    await owner.person.call("PATCH", `servers/${server.id}/members/${uid}`, { roles: [role.id] });

    // Two people hold keys from now on, by the word of the one that there was.
    await owner.person.go(`/s/${server.id}/settings/place`);
    await expect(owner.page.getByRole("list", { name: "Recovery keys" }).getByText("keeperone")).toBeVisible();
    await accessible(owner.page);
    await shot(owner.page, "recovery-keys");
    await owner.page.getByRole("button", { name: "Choose who holds one" }).click();
    const dialog = owner.page.getByRole("dialog");
    await expect(dialog.getByRole("button", { name: "Go on" })).toBeDisabled();
    await dialog.getByText("keepertwo").click();
    await expect(dialog.getByText("2 signatures will be needed.")).toBeVisible();
    await accessible(owner.page);
    await shot(owner.page, "recovery-choose");
    await dialog.getByRole("button", { name: "Go on" }).click();
    await dialog.locator("input[type=file]").setInputFiles(second.file);
    await expect(dialog.getByText("This is not one of the recovery keys of this community.")).toBeVisible();
    await shot(owner.page, "recovery-sign");
    await dialog.locator("input[type=file]").setInputFiles(owner.file);
    await expect(dialog).toBeHidden();
    await expect(owner.page.getByText("2 of them have to sign.")).toBeVisible();
    await shot(owner.page, "recovery-two");

    await owner.person.open(server, channel);
    await owner.person.say("the lamp is lit");
    await guest.open(server, channel);
    await guest.sees("the lamp is lit");
    await old.stop("SIGKILL");
    stopped = true;

    // Somebody at another place asks for it; both holders sign, one of them from elsewhere.
    await guest.say("is anybody out there?");
    await guest.page.getByRole("link", { name: "Is it gone for good?" }).click();
    await expect(guest.page.getByRole("heading", { name: `Go on without ${old.domain}` })).toBeVisible();
    await accessible(guest.page);
    await shot(guest.page, "takeover-begin");
    await guest.page.getByRole("button", { name: "Look what there is" }).click();
    await expect(guest.page.getByText("0 of 2 signatures that are needed.")).toBeVisible();
    await accessible(guest.page);
    await shot(guest.page, "takeover-sign");
    await guest.page.locator("input[type=file]").setInputFiles(owner.file);
    await expect(guest.page.getByText("1 of 2 signatures that are needed.")).toBeVisible();
    const asked = await guest.page.getByLabel("For the others: they paste it at /sign of any place").inputValue();
    const elsewhere = await (await browser.newContext()).newPage();
    await elsewhere.goto(`${b.url}/sign`);
    await elsewhere.getByLabel("What you were given").fill(asked.slice(0, -9));
    await expect(elsewhere.getByText("This cannot be read.")).toBeVisible();
    await elsewhere.getByLabel("What you were given").fill(asked);
    await expect(elsewhere.getByText("“Lighthouse”")).toBeVisible();
    await accessible(elsewhere);
    await shot(elsewhere, "takeover-elsewhere");
    await elsewhere.locator("input[type=file]").setInputFiles(second.file);
    const word = await elsewhere.getByLabel("Give this back").inputValue();
    await guest.page.getByLabel("What they give you back").fill("nonsense");
    await guest.page.getByRole("button", { name: "Add it" }).click();
    await expect(guest.page.getByText("This is not the signature of one of these keys.")).toBeVisible();
    await guest.page.getByLabel("What they give you back").fill(word);
    await guest.page.getByRole("button", { name: "Add it" }).click();
    await expect(guest.page.getByRole("heading", { name: "Lighthouse lives here now" })).toBeVisible({ timeout: 30_000 });
    await accessible(guest.page);
    await shot(guest.page, "takeover-done");
    await guest.page.getByRole("button", { name: "To my communities" }).click();
    await guest.open(server, channel);
    await guest.sees("the lamp is lit");
    await guest.sees("is anybody out there?");
    await guest.say("still shining");
    await guest.sees("still shining");
    // People of the place itself can come in again.
    const again = await guest.call<{ hub_is_here: boolean }>("GET", `servers/${server.id}`);
    expect(again.hub_is_here).toBe(true);
  } finally {
    if (!stopped) await old.stop();
    await old.remove();
  }
});
