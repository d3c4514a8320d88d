import type { Role } from "../kit/api/types";
import { accessible, community, expect, letIn, register, shot, test } from "./kit";

test("B1, B2, B6: a community is made, named, given channels; a taken name is told at the field", async ({ browser, a }) => {
  const { page } = await register(browser, a, "founder");
  await page.getByRole("button", { name: "Create a community" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Lantern Readers");
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("button", { name: /^Lantern Readers/ })).toBeVisible();

  const menu = page.getByRole("button", { name: /^Lantern Readers/ });
  const create = async (name: string) => {
    await menu.click();
    await page.getByRole("menuitem", { name: "Create a channel" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill(name);
    await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  };
  await create("night-train");
  await expect(page.getByRole("link", { name: "night-train" })).toHaveAttribute("aria-current", "page");
  await create("night-train");
  await expect(page.getByRole("dialog").getByLabel("Name")).toHaveAttribute("aria-invalid", "true");
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();

  await page.getByRole("link", { name: "night-train" }).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Edit channel" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("day-train");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("link", { name: "day-train" })).toBeVisible();

  await menu.click();
  await page.getByRole("menuitem", { name: "Settings of the community" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Lamp Readers");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "Lamp Readers" })).toBeVisible();
});

test("B6, B8: a private channel is found only by the role that may see it", async ({ browser, a }) => {
  const owner = await register(browser, a, "curator");
  const guest = await register(browser, a, "guest");
  const { server } = await community(owner, "Private Rooms");
  await letIn(owner, server, guest);
  const role = await owner.call<Role>("POST", `servers/${server.id}/roles`, { name: "Librarian" });

  await owner.go(`/s/${server.id}`);
  await owner.page.getByRole("button", { name: /^Private Rooms/ }).click();
  await owner.page.getByRole("menuitem", { name: "Create a channel" }).click();
  const dialog = owner.page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("librarians");
  await dialog.getByText("Private", { exact: true }).click();
  await dialog.getByRole("option", { name: "Librarian" }).click();
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(owner.page.getByRole("link", { name: /^librarians, private/ })).toBeVisible();

  await guest.go(`/s/${server.id}`);
  await expect(guest.page.getByRole("navigation", { name: /^Channels of/ })).toBeVisible();
  await expect(guest.page.getByRole("link", { name: /^librarians/ })).toHaveCount(0);

  await owner.go(`/s/${server.id}/settings/members`);
  await owner.page.getByRole("button", { name: "What to do with guest" }).click();
  await owner.page.getByRole("menuitem", { name: "Change roles" }).click();
  await owner.page.getByText(role.name, { exact: true }).click();
  await owner.page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(guest.page.getByRole("link", { name: /^librarians/ })).toBeVisible();
});

test("E1: who is banned is gone at once, is told, and comes back only when the ban is lifted", async ({ browser, a }) => {
  const owner = await register(browser, a, "warden");
  const guest = await register(browser, a, "rowdy");
  const { server, channel } = await community(owner, "Quiet Corner");
  await letIn(owner, server, guest);
  await guest.open(server, channel);
  await owner.go(`/s/${server.id}/settings/members`);
  await owner.page.getByRole("button", { name: "What to do with rowdy" }).click();
  await owner.page.getByRole("menuitem", { name: "Ban" }).click();
  await owner.page.getByLabel(/^Reason/).fill("shouting");
  await owner.page.getByRole("alertdialog").getByRole("button", { name: "Ban" }).click();
  await expect(guest.page.getByText("You were banned from Quiet Corner.")).toBeVisible();

  const invite = await owner.call<{ code: string }>("POST", `servers/${server.id}/invites`, {});
  await guest.go(`/join/${encodeURIComponent(a.domain)}/${invite.code}`);
  const join = guest.page.getByRole("button", { name: /^Join as/ });
  await expect(join.or(guest.page.getByText("You are banned from this community."))).toBeVisible();
  if (await join.isVisible()) await join.click();
  await expect(guest.page.getByText("You are banned from this community.")).toBeVisible();

  await owner.go(`/s/${server.id}/settings/bans`);
  await expect(owner.page.getByText("shouting")).toBeVisible();
  await owner.page.getByRole("button", { name: "Lift" }).click();
  await owner.page.getByRole("button", { name: "Lift the ban" }).click();
  await expect(owner.page.getByText("Nobody is banned")).toBeVisible();
  await guest.page.reload();
  await guest.page.getByRole("button", { name: /^Join as/ }).click();
  await expect(guest.field()).toBeVisible();
});

test("B4, B12: leaving, and deleting by the typed name", async ({ browser, a }) => {
  const owner = await register(browser, a, "closer");
  const guest = await register(browser, a, "leaver");
  const { server, channel } = await community(owner, "Short Story");
  await letIn(owner, server, guest);
  await guest.open(server, channel);
  await guest.page.getByRole("button", { name: /^Short Story/ }).click();
  await guest.page.getByRole("menuitem", { name: "Leave the community" }).click();
  await guest.page.getByRole("alertdialog").getByRole("button", { name: "Leave" }).click();
  await expect(guest.page.getByRole("heading", { name: /^Hello/ })).toBeVisible();

  await owner.go(`/s/${server.id}/settings/delete`);
  await owner.page.getByRole("button", { name: "Delete this community" }).click();
  const go = owner.page.getByRole("button", { name: "Delete for ever" });
  await expect(go).toBeDisabled();
  await owner.page.getByLabel(/^Type/).fill("Short Story");
  await go.click();
  await expect(owner.page.getByRole("heading", { name: /^Hello/ })).toBeVisible();
});

test("B4: leaving with everything that one posted, on both instances, and seeing who has confirmed it", async ({ browser, a, b }) => {
  const owner = await register(browser, a, "storykeeper");
  const guest = await register(browser, b, "eraser");
  const { server, channel } = await community(owner, "Long Story");
  await letIn(owner, server, guest);
  await owner.open(server, channel);
  await guest.open(server, channel);
  await guest.say("The heron stood here.");
  await owner.sees("The heron stood here.");
  await owner.say("Which heron?");
  await guest.sees("Which heron?");
  await guest.page.getByRole("button", { name: /^Long Story/ }).click();
  await guest.page.getByRole("menuitem", { name: "Leave the community" }).click();
  const dialog = guest.page.getByRole("alertdialog");
  await dialog.getByText("Erase everything that I posted here").click();
  await shot(guest.page, "leave");
  await dialog.getByRole("button", { name: "Leave and erase" }).click();
  await expect(guest.page.getByRole("heading", { name: /^Hello/ })).toBeVisible();
  // The owner sees it go, and what the owner wrote stays.
  await expect(owner.message("The heron stood here.")).toHaveCount(0);
  await expect(owner.message("This message was deleted.")).toBeVisible();
  await owner.sees("Which heron?");
  await guest.go("/settings/data");
  await expect(guest.page.getByText("Erased. All 2 instances that held it have confirmed.")).toBeVisible({ timeout: 30_000 });
  await accessible(guest.page);
  await shot(guest.page, "erased");
  await guest.page.getByRole("button", { name: "Remove Long Story from this list" }).click();
  await expect(guest.page.getByText("Long Story")).toHaveCount(0);
});

test("D2, L1: the quick switcher and the keys go from channel to channel", async ({ browser, a }) => {
  const { page } = await register(browser, a, "switcher");
  await page.getByRole("button", { name: "Create a community" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Many Rooms");
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  const links = page.getByRole("navigation", { name: "Channels of Many Rooms" }).getByRole("link");
  await expect(links.nth(1)).toBeVisible();
  const second = ((await links.nth(1).textContent()) ?? "").trim();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await page.keyboard.type(second);
  await page.keyboard.press("Enter");
  await expect(links.nth(1)).toHaveAttribute("aria-current", "page");
  await page.keyboard.press("Alt+ArrowUp");
  await expect(links.nth(0)).toHaveAttribute("aria-current", "page");
  await page.keyboard.press("Control+/");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
});
