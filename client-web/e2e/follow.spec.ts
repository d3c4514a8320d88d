import { community, expect, Instance, letIn, register, test } from "./kit";

test("J4: a small instance counts what nobody there opens, and shows all of it to whoever does", async ({
  browser,
  a,
}) => {
  const small = await Instance.create("small", { CONNTEXT__FEDERATION__FOLLOW: "opened" });
  try {
    const ada = await register(browser, a, "adafollow");
    const bea = await register(browser, small, "beafollow");
    const { server, channel } = await community(ada, "Seed Library");
    const made = await ada.call<{ id: string }>("POST", `servers/${server.id}/channels`, { name: "attic" });
    await letIn(ada, server, bea);
    await bea.open(server, channel);
    await ada.open(server, channel);
    await ada.say("in the room that is open");
    await bea.sees("in the room that is open");

    const first = await ada.send(server.id, made.id, "up here, one");
    await ada.send(server.id, made.id, "up here, two");
    const attic = bea.page.getByRole("link", { name: "attic, 2 unread" });
    await expect(attic).toBeVisible({ timeout: 20_000 });
    await attic.click();
    await bea.sees("up here, one");
    await bea.sees("up here, two");

    // From now on it comes by itself: new messages, and changes of older ones.
    await ada.send(server.id, made.id, "up here, three");
    await bea.sees("up here, three");
    await ada.call("PATCH", `servers/${server.id}/channels/${made.id}/messages/${first.id}`, {
      body: "up here, changed",
    });
    await bea.sees("up here, changed");
    await bea.say("and down again");
    await ada.page.goto(`${a.url}/s/${server.id}/${made.id}`);
    await ada.sees("and down again");
  } finally {
    await small.remove();
  }
});
