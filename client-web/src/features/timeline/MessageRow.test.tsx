import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { me, message, server, user } from "@kit/testing/build";
import { show } from "@kit/testing/render";
import { MessageRow, type MessageRowProps } from "./MessageRow";
import type { MessageActs } from "./useMessageActs";

function acts(): MessageActs {
  return {
    can: () => ({ react: true, reply: true, edit: true, remove: true }),
    react: vi.fn(),
    reply: vi.fn(),
    edit: vi.fn(),
    remove: vi.fn(),
    markUnread: vi.fn(),
    copyText: vi.fn(),
    copyLink: vi.fn(),
  };
}

function open(part: Partial<MessageRowProps> = {}) {
  const props: MessageRowProps = {
    message: message(1),
    head: true,
    delivery: "sent",
    error: null,
    about: false,
    flash: false,
    active: false,
    chosen: false,
    acts: acts(),
    onJump: vi.fn(),
    attachments: () => null,
    ...part,
  };
  const shown = show(<MessageRow {...props} />, {
    me: me(),
    state: {
      servers: { s_1: server("s_1") },
      order: ["s_1"],
      users: { u_ada: user("u_ada"), u_mira: user("u_mira", { domain: "harbour.town", local: false }) },
    },
  });
  return { ...shown, props };
}

describe("a message", () => {
  it("J1: shows the home of somebody from elsewhere, and none for people of this place", () => {
    open();
    expect(screen.getByText("harbour.town")).toBeInTheDocument();
  });

  it("J1: people of this place stand without a domain", () => {
    open({ message: message(1, { author: "u_ada" }) });
    expect(screen.getByText("Ada")).toBeInTheDocument();
    expect(screen.queryByText("quietbay.org")).toBeNull();
  });

  it("J3: says that it waits to be delivered", () => {
    open({ message: message(null, { author: "u_ada" }), delivery: "pending" });
    expect(screen.getByText("waiting to be delivered")).toBeInTheDocument();
    expect(screen.queryByRole("toolbar")).toBeNull();
  });

  it("J2: one that a restore lost is quietly offered for sending again", async () => {
    const c = open({ message: message(null, { id: "m1", author: "u_ada", state: "orphaned" }), delivery: "orphaned" });
    const again = vi.spyOn(c.sync, "retryWaiting").mockResolvedValue();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.getByRole("note")).toHaveTextContent("Lost when this community was restored.");
    await userEvent.click(screen.getByRole("button", { name: "Send again" }));
    expect(again).toHaveBeenCalledOnce();
  });

  it("C1: a failed one says why and offers to try again or to delete it", async () => {
    const c = open({
      message: message(null, { id: "n1", author: "u_ada" }),
      delivery: "failed",
      error: "This word is not allowed here.",
    });
    const retry = vi.spyOn(c.sync, "retry").mockImplementation(() => undefined);
    const discard = vi.spyOn(c.sync, "discard").mockImplementation(() => undefined);
    expect(screen.getByRole("alert")).toHaveTextContent("This word is not allowed here.");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await userEvent.click(screen.getByRole("button", { name: "Delete" }));
    expect(retry).toHaveBeenCalledWith("n1");
    expect(discard).toHaveBeenCalledWith("n1");
  });

  it("C5: a deleted one says so and has nothing to act on", () => {
    open({ message: message(1, { deleted: true, body: "", reactions: [] }), active: true });
    expect(screen.getByText("This message was deleted.")).toBeInTheDocument();
    expect(screen.queryByRole("toolbar")).toBeNull();
  });

  it("C4: a reply jumps to its original", async () => {
    const reply_to = { id: "m0", author: "u_ada", excerpt: "the **first** word", deleted: false, cn: 1 };
    const c = open({ message: message(2, { reply_to }) });
    await userEvent.click(screen.getByRole("button", { name: /Ada the first word/ }));
    expect(c.props.onJump).toHaveBeenCalledWith("m0");
  });

  it("C6: shows who reacted and takes mine back", async () => {
    const c = open({
      message: message(1, { reactions: [{ emoji: "🔦", count: 3, me: true, users: ["u_ada", "u_mira"] }] }),
    });
    await userEvent.click(screen.getByRole("button", { name: "🔦, 3" }));
    expect(c.props.acts.react).toHaveBeenCalledWith(c.props.message, "🔦", false);
  });

  it("L1: the acts appear for the pointer and for the one message that the keyboard is on", async () => {
    const c = open();
    expect(screen.queryByRole("toolbar")).toBeNull();
    fireEvent.pointerEnter(screen.getByRole("article"), { pointerType: "mouse" });
    await userEvent.click(screen.getByRole("button", { name: "Reply" }));
    expect(c.props.acts.reply).toHaveBeenCalledWith(c.props.message);
  });

  it("C2: a script in the text stays text", () => {
    open({ message: message(1, { body: "<img src=x onerror=alert(1)> [x](javascript:alert(1))" }) });
    const article = screen.getByRole("article");
    expect(article.querySelector("img,script,a")).toBeNull();
    expect(article).toHaveTextContent("<img src=x onerror=alert(1)>");
  });
});
