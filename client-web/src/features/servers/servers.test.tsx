import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { channel, me, server } from "@kit/testing/build";
import { fakeServer, Refusal, show } from "@kit/testing/render";
import { useOverlays } from "@kit/ui/overlays";
import { moved } from "./order";
import { ServerOverlays } from "./ServerOverlays";
import { ServerRail } from "./ServerRail";

function rail() {
  const servers = [server("s_1", { channels: [channel("c", { unread: 4, mentions: 3 })] }), server("s_2", { name: "Garden", channels: [channel("d", { unread: 1 })] }), server("s_3", { name: "Bakers" })];
  return show(
    <>
      <ServerRail activeSid="s_3" />
      <ServerOverlays />
    </>,
    { me: me(), state: { servers: Object.fromEntries(servers.map((s) => [s.id, s])), order: servers.map((s) => s.id) } },
  );
}

beforeEach(() => {
  useOverlays.getState().close();
});

describe("C9: what waits in each community", () => {
  it("is in the name of its link", () => {
    rail();
    expect(screen.getAllByRole("link").map((link) => link.getAttribute("aria-label"))).toEqual(["Lantern Readers, 3 about you", "Garden, unread", "Bakers"]);
    expect(screen.getByRole("link", { name: "Bakers" })).toHaveAttribute("aria-current", "page");
  });
});

describe("B1: creating a community", () => {
  async function open() {
    await userEvent.click(screen.getByRole("button", { name: "Add a community" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Create a community" }));
    return within(await screen.findByRole("dialog"));
  }

  it("from a template, and opens it", async () => {
    const requests = fakeServer({ "POST servers": server("s_9", { name: "Walks" }) });
    const { history, sync } = rail();
    const dialog = await open();
    await userEvent.type(dialog.getByLabelText("Name"), "Walks");
    await userEvent.click(dialog.getByRole("radio", { name: /An empty one/ }));
    await userEvent.click(dialog.getByRole("switch"));
    await userEvent.click(dialog.getByRole("button", { name: "Create" }));
    await waitFor(() => {
      expect(history.at(-1)).toBe("/s/s_9");
    });
    expect(requests[0]?.body).toEqual({ name: "Walks", template: "blank", public: true });
    expect(sync.state.servers.s_9?.name).toBe("Walks");
  });

  it("B2: a name that is not allowed is told next to the field", async () => {
    fakeServer({ "POST servers": () => new Refusal({ status: 422, code: "invalid", fields: [{ field: "name", code: "invalid", message: "No line breaks in a name." }] }) });
    rail();
    const dialog = await open();
    await userEvent.type(dialog.getByLabelText("Name"), "x{Enter}");
    await waitFor(() => {
      expect(dialog.getByLabelText("Name")).toHaveAccessibleDescription("No line breaks in a name.");
    });
  });
});

describe("B3: joining by a link", () => {
  it("goes to the preview, or says what a link looks like", async () => {
    const { history } = rail();
    await userEvent.click(screen.getByRole("button", { name: "Add a community" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Join with an invitation" }));
    const field = await screen.findByLabelText("Link or code");
    await userEvent.type(field, "no link at all{Enter}");
    expect(field).toBeInvalid();
    await userEvent.clear(field);
    await userEvent.type(field, "https://harbour.town/invite/abcd{Enter}");
    expect(history.at(-1)).toBe("/join/harbour.town/abcd");
  });
});

describe("order of communities", () => {
  it("moves by the menu and is put back when that fails", async () => {
    const requests = fakeServer({ "PUT me/server_order": undefined });
    const { sync } = rail();
    await userEvent.pointer({ keys: "[MouseRight]", target: screen.getByRole("link", { name: "Bakers" }) });
    await userEvent.click(await screen.findByRole("menuitem", { name: "Move up" }));
    await waitFor(() => {
      expect(requests[0]?.body).toEqual({ sids: ["s_1", "s_3", "s_2"] });
    });
    expect(sync.state.order).toEqual(["s_1", "s_3", "s_2"]);
  });
  it("places stay within the list", () => {
    expect(moved(["a", "b", "c"], "a", 9)).toEqual(["b", "c", "a"]);
    expect(moved(["a", "b", "c"], "c", -2)).toEqual(["c", "a", "b"]);
  });
});
