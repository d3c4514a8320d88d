import { accessible, community, expect, register, test } from "./kit";

for (const look of [
  { name: "wide, light", viewport: { width: 1440, height: 900 }, colorScheme: "light" as const, phone: false },
  { name: "phone, dark", viewport: { width: 390, height: 844 }, colorScheme: "dark" as const, phone: true },
]) {
  test(`L1: axe finds nothing serious, ${look.name}`, async ({ browser, a }) => {
    const ada = await register(browser, a, look.phone ? "axephone" : "axewide", {
      viewport: look.viewport,
      colorScheme: look.colorScheme,
      hasTouch: look.phone,
      isMobile: look.phone,
    });
    const check = () => accessible(ada.page);
    await expect(ada.page.getByText("Hello", { exact: false }).first()).toBeVisible();
    await check();
    const { server, channel } = await community(ada, "Open Door");
    const first = await ada.send(server.id, channel, "**bold** ||hidden|| `code` and https://example.org");
    await ada.call("POST", `servers/${server.id}/channels/${channel}/messages`, {
      nonce: "axe-reply",
      body: "| a | b |\n|---|---|\n| 1 | 2 |",
      reply_to: first.id,
    });
    await ada.open(server, channel);
    await expect(ada.messages()).toHaveCount(2);
    await check();
    await ada.page.getByRole("button", { name: "Emoji" }).click();
    await expect(ada.page.getByLabel("Search emoji")).toBeVisible();
    await ada.page.waitForTimeout(800);
    await check();
    await ada.page.keyboard.press("Escape");
    expect(await ada.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      look.viewport.width,
    );
    if (look.phone) {
      await ada.page.getByRole("link", { name: "Servers" }).click();
      await expect(ada.page.getByText("Open Door").first()).toBeVisible();
      await check();
      await ada.page.getByRole("link", { name: "Chat" }).click();
      await ada.say("from a small screen");
      await ada.sees("from a small screen");
    }
  });
}
