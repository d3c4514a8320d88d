import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { channel, me, server } from "@kit/testing/build";
import { fakeServer, Refusal, show } from "@kit/testing/render";
import { useOverlays } from "@kit/ui/overlays";
import { ChannelList } from "./ChannelList";
import { ChannelOverlays } from "./ChannelOverlays";

const channels = [
  channel("c_top", { name: "announcements" }),
  channel("cat", { kind: "category", name: "Reading", position: 1 }),
  channel("c_a", { name: "general", parent: "cat", position: 0, unread: 5, mentions: 2 }),
  channel("c_b", { name: "librarians", parent: "cat", position: 1, private: true }),
];

function list(part: Parameters<typeof server>[1] = {}) {
  const shown = server("s_1", { channels, my_permissions: ["view", "manage_channels", "invite"], ...part });
  return show(
    <>
      <ChannelList sid="s_1" activeCid="c_b" />
      <ChannelOverlays />
    </>,
    { me: me(), state: { servers: { s_1: shown }, order: ["s_1"] } },
  );
}

beforeEach(() => {
  localStorage.clear();
  useOverlays.getState().close();
});

describe("B6: channels", () => {
  it("says what is unread, about me, private and open", () => {
    list();
    expect(screen.getByRole("link", { name: "general, 2 about you, 5 unread" })).toHaveAttribute("href", "/s/s_1/c_a");
    expect(screen.getByRole("link", { name: "librarians, private" })).toHaveAttribute("aria-current", "page");
  });

  it("a folded category keeps what is unread or open in sight, also after a reload", async () => {
    const first = list({ channels: [...channels, channel("c_c", { name: "tea", parent: "cat", position: 2 })] });
    await userEvent.click(screen.getByRole("button", { name: "Reading" }));
    expect(screen.queryByRole("link", { name: "tea" })).toBeNull();
    expect(screen.getByRole("link", { name: /general/ })).toBeInTheDocument();
    first.unmount();
    list();
    expect(screen.getByRole("button", { name: "Reading" })).toHaveAttribute("aria-expanded", "false");
  });

  it("a taken name is told next to the field", async () => {
    const requests = fakeServer({ "POST servers/:sid/channels": () => new Refusal({ status: 409, code: "name_taken", fields: [{ field: "name", code: "taken", message: "There is a channel of this name." }] }) });
    list();
    await userEvent.click(screen.getByRole("button", { name: "Create a channel in Reading" }));
    const dialog = within(await screen.findByRole("dialog"));
    await userEvent.type(dialog.getByLabelText("Name"), "general");
    await userEvent.click(dialog.getByRole("button", { name: "Create" }));
    await waitFor(() => {
      expect(dialog.getByLabelText("Name")).toHaveAccessibleDescription("There is a channel of this name.");
    });
    expect(requests[0]?.body).toEqual({ name: "general", kind: "text", parent: "cat", topic: "" });
  });

  it("a private channel is made with the roles that may see it", async () => {
    const requests = fakeServer({ "GET servers/:sid/members": { members: [], total: 0, cursor: null }, "POST servers/:sid/channels": channel("c_new") });
    const { history } = list({ roles: [{ id: "r_1", name: "Librarian", colour: null, position: 1, hoist: false, mentionable: false, permissions: [], everyone: false }] });
    await userEvent.click(screen.getByRole("button", { name: "Create a channel in Reading" }));
    const dialog = within(await screen.findByRole("dialog"));
    await userEvent.type(dialog.getByLabelText("Name"), "secret");
    await userEvent.click(dialog.getByRole("switch", { name: "Private" }));
    await userEvent.click(await dialog.findByRole("option", { name: "Librarian" }));
    await userEvent.click(dialog.getByRole("button", { name: "Create" }));
    await waitFor(() => {
      expect(history.at(-1)).toBe("/s/s_1/c_new");
    });
    expect(requests.find((request) => request.method === "POST")?.body).toMatchObject({ name: "secret", private: true, allow: ["r_1"] });
  });

  it("moves by the menu of a channel", async () => {
    const requests = fakeServer({ "PATCH servers/:sid/channels/:cid": (request: { path: string }) => channel(request.path.split("/").at(-1) ?? "") });
    list();
    await userEvent.pointer({ keys: "[MouseRight]", target: screen.getByRole("link", { name: /librarians/ }) });
    await userEvent.click(await screen.findByRole("menuitem", { name: "Move up" }));
    await waitFor(() => {
      expect(requests.map((request) => [request.path.split("/").at(-1), request.body])).toEqual([
        ["c_b", { position: 0 }],
      ]);
    });
  });

  it("who may not manage channels sees nothing to manage", () => {
    list({ my_permissions: ["view"] });
    expect(screen.queryByRole("button", { name: /Create a channel/ })).toBeNull();
    expect(screen.queryByRole("button", { name: /^Edit/ })).toBeNull();
  });

  it("without channels the next step is offered", () => {
    list({ channels: [] });
    expect(screen.getByText("No channel to see")).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Create a channel" })).toBeInTheDocument();
  });
});

describe("B4: leaving", () => {
  it("asks first and goes away", async () => {
    const requests = fakeServer({ "POST servers/:sid/leave": undefined });
    const { history } = list();
    await userEvent.click(screen.getByRole("button", { name: /^Lantern Readers/ }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Leave the community" }));
    expect(requests).toHaveLength(0);
    await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Leave" }));
    await waitFor(() => {
      expect(history.at(-1)).toBe("/");
    });
    expect(requests[0]).toMatchObject({ method: "POST", path: "servers/s_1/leave" });
  });

  it("erases everything too where that is chosen, once it is proven who is there", async () => {
    let proven = false;
    const requests = fakeServer({
      "POST servers/:sid/erasure": () => (proven ? {} : new Refusal({ status: 403, code: "proof_required" })),
      "POST sessions/current/proof": () => {
        proven = true;
      },
      "GET me/factors": { authenticator: false, passkeys: [], recovery_codes: 0 },
    });
    const { history } = list();
    await userEvent.click(screen.getByRole("button", { name: /^Lantern Readers/ }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Leave the community" }));
    await userEvent.click(await screen.findByRole("checkbox", { name: "Erase everything that I posted here" }));
    expect(screen.getByText(/This cannot be undone/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Leave and erase" }));
    await userEvent.type(await screen.findByLabelText("Your password"), "a lantern");
    await userEvent.click(screen.getByRole("button", { name: "Go on" }));
    await waitFor(() => {
      expect(history.at(-1)).toBe("/");
    });
    expect(requests.findLast((request) => request.path.endsWith("erasure"))?.body).toEqual({ leave: true });
  });
});

it("J3: says who does not answer", () => {
  list({ hub: { reachable: false, waiting: 1, catching_up: false } });
  expect(screen.getByText("harbour.town does not answer")).toBeInTheDocument();
});
