import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { channel, me, server } from "@kit/testing/build";
import { show } from "@kit/testing/render";
import { NavigationKeys } from "./NavigationKeys";
import { QuickSwitcher } from "./QuickSwitcher";

const servers = { s_1: server("s_1", { channels: [channel("c_a", { name: "general", position: 0 }), channel("c_b", { name: "night-train", position: 1, unread: 1 })] }) };

it("D2: a few letters and Enter go to the channel", async () => {
  const { history } = show(<QuickSwitcher open onOpenChange={() => undefined} />, { me: me(), state: { servers, order: ["s_1"] } });
  await userEvent.keyboard("tra{Enter}");
  await waitFor(() => {
    expect(history.at(-1)).toBe("/s/s_1/c_b");
  });
});

it("D2: says when nothing has that name", async () => {
  show(<QuickSwitcher open onOpenChange={() => undefined} />, { me: me(), state: { servers, order: ["s_1"] } });
  await userEvent.keyboard("zzzz");
  expect(await screen.findByText("Nothing of that name.")).toBeInTheDocument();
});

it("L1: Alt and arrows go to the channel below and to the unread one", async () => {
  const { history } = show(<NavigationKeys />, { me: me(), state: { servers, order: ["s_1"] }, path: "/s/s_1/c_a" });
  await userEvent.keyboard("{Alt>}{Shift>}{ArrowDown}{/Shift}{/Alt}");
  expect(history.at(-1)).toBe("/s/s_1/c_b");
  await userEvent.keyboard("{Alt>}{ArrowDown}{/Alt}");
  expect(history.at(-1)).toBe("/s/s_1/c_a");
});
