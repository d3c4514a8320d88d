import { community, expect, letIn, register, test } from "./kit";

test("B10: people coming and going are seen as they come, on both instances, and can be turned off", async ({
  browser,
  a,
  b,
}) => {
  const ada = await register(browser, a, "adadoor");
  const bea = await register(browser, b, "beadoor");
  const cleo = await register(browser, b, "cleodoor");
  const { server, channel } = await community(ada, "Open House");
  await letIn(ada, server, bea);
  await ada.open(server, channel);
  await bea.open(server, channel);
  await expect(ada.page.getByRole("button", { name: "beadoor joined" })).toBeVisible();
  await ada.say("welcome, bea");
  await bea.sees("welcome, bea");

  await letIn(ada, server, cleo);
  for (const who of [ada, bea]) await expect(who.page.getByRole("button", { name: "cleodoor joined" })).toBeVisible();
  await cleo.call("POST", `servers/${server.id}/leave`);
  for (const who of [ada, bea]) {
    const fold = who.page.getByRole("button", { name: "cleodoor joined · cleodoor left" });
    await fold.click();
    await expect(who.page.getByRole("listitem").filter({ hasText: "cleodoor left" })).toBeVisible();
  }
  // It stays where it was, between the messages, for whoever comes back.
  await bea.page.reload();
  await expect(bea.page.getByRole("button", { name: "cleodoor joined · cleodoor left" })).toBeVisible();

  await ada.go(`/s/${server.id}/settings/overview`);
  await ada.page.getByRole("button", { name: /Notices of people coming and going/ }).click();
  await ada.page.getByRole("option", { name: "Off" }).click();
  await ada.page.getByRole("button", { name: "Save" }).click();
  await expect(bea.page.getByRole("button", { name: /cleodoor/ })).toHaveCount(0);
  await bea.sees("welcome, bea");
});
