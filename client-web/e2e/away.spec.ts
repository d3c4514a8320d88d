import { community, expect, letIn, register, test } from "./kit";

test("J3: while the host is away one reads and writes; afterwards everything is there once, in order", async ({
  browser,
  a,
  b,
}) => {
  const ada = await register(browser, a, "adaway");
  const bea = await register(browser, b, "beaway");
  const { server, channel } = await community(ada, "Night Train");
  await letIn(ada, server, bea);
  await ada.open(server, channel);
  await bea.open(server, channel);
  await ada.say("before the tunnel");
  await bea.sees("before the tunnel");

  await a.stop("SIGKILL");
  await bea.say("in the tunnel, one");
  await bea.say("in the tunnel, two");
  await expect(bea.message("in the tunnel, two")).toContainText("waiting to be delivered");
  await expect(
    bea.page.getByText(`${a.domain} does not answer. You are reading your own copy`, { exact: false }).first(),
  ).toBeVisible({
    timeout: 40_000,
  });
  await expect(bea.page.getByText("2 messages wait and will be sent by themselves", { exact: false })).toBeVisible();

  // What waits is still there after a reload, and nothing is lost from the copy.
  await bea.page.reload();
  await bea.sees("before the tunnel");
  await bea.sees("in the tunnel, two");

  await a.start();
  await bea.page.waitForTimeout(100);
  await ada.sees("in the tunnel, one");
  await ada.sees("in the tunnel, two");
  await expect(bea.page.getByText("does not answer", { exact: false })).toHaveCount(0, { timeout: 40_000 });
  await expect(bea.page.getByText("waiting to be delivered")).toHaveCount(0);
  await ada.say("after the tunnel");
  await bea.sees("after the tunnel");

  const ids = (who: typeof ada): Promise<(string | null)[]> =>
    who.page.locator("article[data-message]").evaluateAll((all) => all.map((x) => x.getAttribute("data-message")));
  await ada.page.reload();
  await ada.sees("after the tunnel");
  await expect.poll(() => ids(bea)).toEqual(await ids(ada));
});

test("C1: a message survives losing the connection and a reload, and is delivered once", async ({ browser, a }) => {
  const ada = await register(browser, a, "outbox");
  const { server, channel } = await community(ada, "Post Office");
  await ada.open(server, channel);
  await ada.say("first");
  await ada.sees("first");

  // The instance gets the message, the answer is lost: the worst case for doubling.
  let line: "answer lost" | "cut" | "whole" = "answer lost";
  await ada.page.route(/\/channels\/[^/]+\/messages$/, async (call) => {
    if (call.request().method() !== "POST" || line === "whole") {
      await call.continue();
      return;
    }
    if (line === "answer lost") await call.fetch().catch(() => undefined);
    await call.abort().catch(() => undefined);
  });
  await ada.say("the answer is lost");
  await ada.page.waitForTimeout(300);
  line = "cut";
  await ada.say("never left the browser");
  await expect(ada.message("never left the browser")).toContainText(/waiting for the connection|sending/);

  await ada.page.reload();
  await expect(ada.message("never left the browser")).toContainText(/waiting for the connection|sending/);
  line = "whole";
  await ada.sees("the answer is lost");
  await expect(ada.message("never left the browser")).not.toContainText("waiting");
  await ada.sees("never left the browser");
  const page = await ada.call<{ messages: { body: string }[] }>(
    "GET",
    `servers/${server.id}/channels/${channel}/messages`,
  );
  expect(page.messages.map((m) => m.body)).toEqual(["first", "the answer is lost", "never left the browser"]);
});

test("C14: a draft survives a reload", async ({ browser, a }) => {
  const ada = await register(browser, a, "draft");
  const { server, channel } = await community(ada, "Drafts");
  await ada.open(server, channel);
  await ada.field().fill("half a thought");
  await ada.page.waitForTimeout(700);
  await ada.page.reload();
  await expect(ada.field()).toHaveValue("half a thought");
});

test("C1: after a restart of one's own instance the page is live again within seconds, by itself", async ({ browser, a }) => {
  const ada = await register(browser, a, "restarted");
  const { server, channel } = await community(ada, "Night Shift");
  await ada.open(server, channel);
  await ada.say("before the restart");
  await ada.sees("before the restart");
  await a.stop();
  // Long enough for the next try to be further away than what is waited for below.
  await ada.page.waitForTimeout(20_000);
  const offline = ada.page.getByText("You are offline.", { exact: false });
  await expect(offline).toBeVisible();
  await a.start();
  await expect(offline).toBeHidden({ timeout: 8_000 });
  await ada.say("after the restart");
  await ada.sees("after the restart");
});
