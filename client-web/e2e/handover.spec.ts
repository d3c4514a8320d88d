import { accessible, expect, register, shot, test } from "./kit";

test("B13: a community moves to another instance while its people talk", async ({ browser, a, b }) => {
  const owner = await register(browser, a, "orchardist");
  const taker = await register(browser, b, "nurseryman");
  const server = await owner.call<{ id: string; channels: { id: string; kind: string; staff?: boolean }[] }>("POST", "servers", { name: "Apple yard" });
  const { code } = await owner.call<{ code: string }>("POST", `servers/${server.id}/invites`, {});
  const channel = server.channels.find((c) => c.kind === "text" && !c.staff)?.id ?? "";
  await taker.call("POST", `invites/${encodeURIComponent(a.domain)}/${code}/accept`, {});
  await owner.open(server, channel);
  await owner.say("planted here");
  await taker.open(server, channel);
  await taker.sees("planted here");

  // Somebody at the new place makes a code for it.
  await taker.go("/settings/data");
  await taker.page.getByRole("button", { name: "Make a code" }).click();
  const given = await taker.page.getByLabel("Give this to its owner").inputValue();
  expect(given.startsWith(`${b.domain}/`)).toBe(true);
  await accessible(taker.page);
  await shot(taker.page, "handover-code");

  // The owner shows it, after a slip of the pen.
  await owner.go(`/s/${server.id}/settings/place`);
  await expect(owner.page.getByText(a.domain, { exact: true })).toBeVisible();
  await accessible(owner.page);
  await shot(owner.page, "handover-place");
  await owner.page.getByRole("button", { name: "Move to another place" }).click();
  const dialog = owner.page.getByRole("dialog");
  await dialog.getByLabel("Code of the new place").fill(`${b.domain}/wrong`);
  await expect(dialog.getByRole("button", { name: "Move it" })).toBeDisabled();
  await dialog.getByLabel("Type Apple yard to confirm").fill("Apple yard");
  await dialog.getByRole("button", { name: "Move it" }).click();
  await expect(dialog.getByText("does not know this code")).toBeVisible();
  await accessible(owner.page);
  await shot(owner.page, "handover-dialog");
  await dialog.getByLabel("Code of the new place").fill(given);
  await dialog.getByRole("button", { name: "Move it" }).click();
  await expect(dialog).toBeHidden();

  // It arrives, and both see where it lives.
  await expect(taker.page.getByText("It has arrived, with everything.")).toBeVisible({ timeout: 30_000 });
  await accessible(taker.page);
  await shot(taker.page, "handover-arrived");
  await expect(owner.page.getByText(b.domain, { exact: true })).toBeVisible();
  await expect(owner.page.getByRole("button", { name: "Move to another place" })).toBeVisible();
  await shot(owner.page, "handover-done");
  await owner.open(server, channel);
  await owner.sees("planted here");
  await owner.say("still mine");
  await taker.open(server, channel);
  await taker.sees("still mine");
  await taker.say("and it grows here now");
  await owner.sees("and it grows here now");

  // The link that was given away before leads there.
  const guest = await register(browser, a, "newcomer");
  await guest.go(`/join/${encodeURIComponent(a.domain)}/${code}`);
  await guest.page.getByRole("button", { name: /^Join as/ }).click();
  await guest.sees("and it grows here now");
});
