import { community, expect, letIn, register, test, type Person } from "./kit";

/** What somebody has on the screen, in order. */
const shown = (who: Person): Promise<(string | null)[]> =>
  who.page.locator("article[data-message]").evaluateAll((all) => all.map((x) => x.getAttribute("data-message")));

test("J4: one's own instance and then the host go down in the middle of a talk; both ends show the same, once, in order", async ({
  browser,
  a,
  b,
}) => {
  const ada = await register(browser, a, "adarestarts");
  const bea = await register(browser, b, "bearestarts");
  const { server, channel } = await community(ada, "Signal Box");
  await letIn(ada, server, bea);
  await ada.open(server, channel);
  await bea.open(server, channel);
  await ada.say("one, both are here");
  await bea.sees("one, both are here");

  await b.stop("SIGKILL");
  await ada.say("two, while hers is down");
  await bea.say("three, written without an instance");
  await expect(bea.message("three, written")).toBeVisible();
  await b.start();
  await bea.sees("two, while hers is down");
  await ada.sees("three, written without an instance");

  await a.stop("SIGKILL");
  await bea.say("four, while the host is down");
  await a.start();
  await ada.sees("four, while the host is down");
  await ada.say("five, both are back");
  await bea.sees("five, both are back");

  await ada.page.reload();
  await bea.page.reload();
  for (const text of ["one,", "two,", "three,", "four,", "five,"]) {
    await ada.sees(text);
    await bea.sees(text);
  }
  expect(await shown(bea)).toEqual(await shown(ada));
});
