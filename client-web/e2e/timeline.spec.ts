import { community, expect, letIn, register, test, type Person } from "./kit";

const box = "[data-timeline]";
const fromEnd = (who: Person): Promise<number> =>
  who.page.locator(box).evaluate((e) => Math.round(e.scrollHeight - e.scrollTop - e.clientHeight));

async function fill(who: Person, sid: string, cid: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 1; i <= count; i += 1)
    ids.push((await who.send(sid, cid, `line ${i} ${"of the long way home ".repeat(i % 7)}`)).id);
  return ids;
}

test("C13: older messages load without a jump, a link leads into the past and back", async ({ browser, a }) => {
  test.slow();
  const ada = await register(browser, a, "scroller");
  const { server, channel } = await community(ada, "Long Way");
  const ids = await fill(ada, server.id, channel, 230);
  await ada.open(server, channel);
  await ada.sees(/line 230\b/);
  expect(await fromEnd(ada)).toBeLessThan(3);

  await ada.page.locator(box).hover();
  let late = 0;
  for (let i = 0; i < 80 && !(await ada.message(/line 1\b/).isVisible()); i += 1) {
    const before = await ada.page.locator(box).evaluate((e) => {
      const top = e.getBoundingClientRect().top;
      const first = [...e.querySelectorAll("article")].find((x) => x.getBoundingClientRect().top > top + 40);
      return first ? { id: first.dataset.message, y: first.getBoundingClientRect().top, scroll: e.scrollTop } : null;
    });
    await ada.page.mouse.wheel(0, -240);
    // A busy machine takes its time to scroll at all, and a turn of the wheel in the very moment in which older messages
    // are put in front may be lost: such a turn comes together with the next, or never.
    if (before && before.scroll > 240) {
      const turned = await ada.page
        .waitForFunction(
          ([where, id, y]) =>
            document.querySelector(`${where} [data-message="${id}"]`)?.getBoundingClientRect().top !== y,
          [box, before.id ?? "", before.y] as const,
          { timeout: 2_000 },
        )
        .catch(() => null);
      if (!turned) {
        late += 1;
        continue;
      }
    }
    await ada.page.waitForTimeout(70);
    if (!before) continue;
    const moved = await ada.page.locator(box).evaluate((e, id) => {
      const same = e.querySelector(`[data-message="${id ?? ""}"]`);
      return { y: same?.getBoundingClientRect().top ?? null, scroll: e.scrollTop };
    }, before.id);
    // At the very top there is less left to scroll.
    if (moved.y !== null && before.scroll > 240 * (late + 1)) {
      const turns = Math.round((moved.y - before.y) / 240);
      expect(turns).toBeGreaterThanOrEqual(1);
      expect(turns).toBeLessThanOrEqual(1 + late);
      expect(Math.abs(moved.y - before.y - 240 * turns)).toBeLessThan(4);
      late = 0;
    }
  }
  await expect(ada.message(/line 1\b/)).toBeVisible({ timeout: 20_000 });

  await ada.page.getByRole("button", { name: /Go to the newest message/ }).click();
  await ada.sees(/line 230\b/);

  await ada.go(`/s/${server.id}/${channel}/${ids[59]!}`);
  await expect(ada.message(/line 60\b/)).toBeInViewport();
  await expect(ada.page.getByRole("button", { name: /Go to the newest message/ })).toBeVisible();
  await ada.page.getByRole("button", { name: /Go to the newest message/ }).click();
  await expect(ada.message(/line 230\b/)).toBeInViewport();
});

test("C9: what is new is marked, stays marked until one leaves, and can be marked unread again", async ({
  browser,
  a,
}) => {
  const ada = await register(browser, a, "behind");
  const tom = await register(browser, a, "ahead");
  const { server, channel } = await community(ada, "Unread");
  const other = await ada.call<{ id: string }>("POST", `servers/${server.id}/channels`, { name: "elsewhere" });
  await letIn(ada, server, tom);
  await ada.open(server, channel);
  await ada.say("seen");
  await ada.sees("seen");
  await ada.open(server, other.id);
  for (let i = 1; i <= 3; i += 1) await tom.send(server.id, channel, `news ${i}`);
  await expect(ada.page.getByRole("link", { name: "general, 3 unread" })).toBeVisible();

  await ada.page.goto(`${a.url}/s/${server.id}/${channel}`);
  await ada.sees("news 3");
  await expect(ada.page.getByText("New", { exact: true })).toBeVisible();
  const unread = async (): Promise<number> =>
    (await ada.call<{ channels: { id: string; unread: number }[] }>("GET", `servers/${server.id}`)).channels.find(
      (c) => c.id === channel,
    )?.unread ?? -1;
  await expect.poll(unread).toBe(0);
  await expect(ada.page.getByText("New", { exact: true })).toBeVisible();

  await ada.message("news 2").hover();
  await ada.message("news 2").getByRole("button", { name: "More" }).click();
  await ada.page.getByRole("menuitem", { name: "Mark unread from here" }).click();
  await expect.poll(unread).toBe(2);
  await ada.open(server, other.id);
  expect(await unread()).toBe(2);
});

test("L1: the keys walk from message to message, answer and come back", async ({ browser, a }) => {
  const ada = await register(browser, a, "keys");
  const { server, channel } = await community(ada, "Keys");
  await fill(ada, server.id, channel, 5);
  await ada.open(server, channel);
  await ada.sees(/line 5\b/);
  await ada.page.locator("article[tabindex='0']").focus();
  await ada.page.keyboard.press("ArrowUp");
  await expect(ada.message(/line 4\b/)).toBeFocused();
  await ada.page.keyboard.press("ArrowUp");
  await expect(ada.message(/line 3\b/)).toBeFocused();
  await ada.page.keyboard.press("r");
  await expect(ada.field()).toBeFocused();
  await expect(ada.page.getByText("Answering", { exact: false })).toBeVisible();
  await ada.page.keyboard.press("Escape");
  await expect(ada.page.getByText("Answering", { exact: false })).toHaveCount(0);
});
