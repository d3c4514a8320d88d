import { ApiProblem } from "@kit/api";
import type { UploadItem, Uploads } from "@kit/sync";
import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { channel, me, message, server, user } from "@kit/testing/build";
import { fakeServer, show } from "@kit/testing/render";
import { Composer } from "./Composer";
import { replyMode, type ComposerMode } from "./ModeBar";

const mira = user("u_mira", { domain: "harbour.town", local: false });

function Frame({ start, onEditLast }: { start: ComposerMode | null; onEditLast: () => void }) {
  const [mode, setMode] = useState(start);
  return <Composer sid="s_1" cid="c_train" mode={mode} onMode={setMode} onEditLast={onEditLast} />;
}

function open(options: { mode?: ComposerMode; permissions?: string[] } = {}) {
  const onEditLast = vi.fn();
  const shown = show(<Frame start={options.mode ?? null} onEditLast={onEditLast} />, {
    me: me(),
    state: {
      servers: {
        s_1: server("s_1", {
          channels: [
            channel("c_train", { my_permissions: options.permissions ?? ["view", "send", "attach"] }),
            channel("c_night", { name: "night" }),
          ],
        }),
      },
      order: ["s_1"],
      users: { u_ada: user("u_ada"), u_mira: mira },
    },
    instance: { limits: { access_s: 900, message_chars: 40, upload_bytes: 1000, attachments: 2, password_min: 10 } },
  });
  const send = vi.spyOn(shown.sync, "send").mockResolvedValue();
  const edit = vi.spyOn(shown.sync, "edit").mockResolvedValue();
  const saveDraft = vi.spyOn(shown.sync, "saveDraft");
  return {
    ...shown,
    send,
    edit,
    saveDraft,
    onEditLast,
    field: () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message #train" }),
  };
}

beforeEach(() => {
  fakeServer({
    "POST servers/:sid/channels/:cid/typing": undefined,
    "GET servers/:sid/members": {
      members: [{ user: mira, roles: [], plain: false, joined_at: 0, presence: "online" }],
      total: 1,
      cursor: null,
    },
  });
});

describe("C1: writing", () => {
  it("Enter sends, Shift+Enter begins a line, the field is empty afterwards", async () => {
    const c = open();
    await userEvent.type(c.field(), "one{Shift>}{Enter}{/Shift}two{Enter}");
    await waitFor(() => expect(c.send).toHaveBeenCalledTimes(1));
    expect(c.send.mock.calls[0]?.[0]).toMatchObject({
      sid: "s_1",
      channel: "c_train",
      body: "one\ntwo",
      replyTo: null,
    });
    expect(c.field()).toHaveValue("");
  });

  it("does not send nothing, nor what an input method still composes", async () => {
    const c = open();
    await userEvent.type(c.field(), "   {Enter}");
    fireEvent.change(c.field(), { target: { value: "かな" } });
    fireEvent.keyDown(c.field(), { key: "Enter", isComposing: true });
    expect(c.send).not.toHaveBeenCalled();
  });

  it("counts near the limit and refuses to send beyond it", async () => {
    const c = open();
    await userEvent.type(c.field(), "x".repeat(35));
    expect(screen.getByText("5")).toBeInTheDocument();
    await userEvent.type(c.field(), "x".repeat(7));
    expect(screen.getByText("2 too many")).toBeInTheDocument();
    await userEvent.type(c.field(), "{Enter}");
    expect(c.send).not.toHaveBeenCalled();
  });

  it("says why one cannot write", () => {
    open({ permissions: ["view"] });
    expect(screen.getByText("You can read here, but not write.")).toBeInTheDocument();
    expect(screen.queryByRole("textbox")).toBeNull();
  });
});

describe("C4, C5: answering and editing", () => {
  it("sends the answer with its original, and Escape leaves the answer", async () => {
    const c = open({ mode: replyMode(message(7)) });
    expect(screen.getByText("Answering Mira")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "notified" }));
    await userEvent.type(c.field(), "yes{Enter}");
    await waitFor(() => expect(c.send).toHaveBeenCalled());
    expect(c.send.mock.calls[0]?.[0]).toMatchObject({ body: "yes", replyTo: { id: "m7", cn: 7 }, ping: false });
    expect(screen.queryByText("Answering Mira")).toBeNull();
  });

  it("an edit shows the text as it was written, and leaving it brings the draft back", async () => {
    const c = open({ mode: { kind: "edit", message: message(3, { author: "u_ada", body: "hello <@u_mira>" }) } });
    expect(c.field()).toHaveValue("hello @mira@harbour.town");
    await userEvent.type(c.field(), " dear");
    await userEvent.keyboard("{Escape}");
    expect(c.field()).toHaveValue("");
    await userEvent.type(c.field(), "new{Enter}");
    await waitFor(() => expect(c.send).toHaveBeenCalled());
    expect(c.send.mock.calls[0]?.[0]).toMatchObject({ body: "new" });
    expect(c.edit).not.toHaveBeenCalled();
  });

  it("saves an edit with its mentions", async () => {
    const c = open({ mode: { kind: "edit", message: message(3, { author: "u_ada", body: "hi" }) } });
    await userEvent.type(c.field(), " #night {Enter}");
    await waitFor(() => expect(c.edit).toHaveBeenCalled());
    expect(c.edit.mock.calls[0]?.[1]).toBe("hi <#c_night>");
  });

  it("arrow up in the empty field edits what was written last", async () => {
    const c = open();
    await userEvent.type(c.field(), "{ArrowUp}");
    expect(c.onEditLast).toHaveBeenCalledTimes(1);
    await userEvent.type(c.field(), "x{ArrowUp}");
    expect(c.onEditLast).toHaveBeenCalledTimes(1);
  });
});

describe("C7: completion", () => {
  it("offers people while typing, chooses by keyboard, and sends the mark", async () => {
    const c = open();
    await userEvent.type(c.field(), "hey @mi");
    const option = await screen.findByRole("option", { name: /Mira/ });
    expect(option).toHaveAttribute("aria-selected", "true");
    expect(c.field()).toHaveAttribute("aria-activedescendant", option.id);
    await userEvent.keyboard("{Enter}");
    expect(c.field()).toHaveValue("hey @mira@harbour.town ");
    expect(c.send).not.toHaveBeenCalled();
    await userEvent.keyboard("look{Enter}");
    await waitFor(() => expect(c.send).toHaveBeenCalled());
    expect(c.send.mock.calls[0]?.[0]).toMatchObject({ body: "hey <@u_mira> look" });
  });

  it("Escape closes the suggestions and Enter sends again", async () => {
    const c = open();
    await userEvent.type(c.field(), "@mi");
    await screen.findByRole("option", { name: /Mira/ });
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("option")).toBeNull();
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(c.send).toHaveBeenCalled());
  });
});

describe("C3: files", () => {
  const item = (part: Partial<UploadItem>): UploadItem => ({
    id: "f1",
    name: "reel.bin",
    size: 4,
    preview: null,
    share: 0.4,
    state: "uploading",
    problem: null,
    file: null,
    alt: "",
    spoiler: false,
    ...part,
  });
  const done = item({
    state: "done",
    share: 1,
    alt: "A reel",
    file: {
      upload: "up_1",
      id: "m_1",
      name: "reel.bin",
      type: "application/octet-stream",
      size: 4,
      width: null,
      height: null,
      thumbhash: null,
      preview_url: null,
    },
  });

  function withFiles(first: UploadItem) {
    const c = open();
    const uploads = { add: vi.fn(() => 0), remove: vi.fn(), retry: vi.fn(), describe: vi.fn(), handOver: vi.fn() };
    vi.spyOn(c.sync, "uploads").mockResolvedValue(uploads as unknown as Uploads);
    const set = (now: UploadItem): void => act(() => c.sync.store.setState({ files: { "s_1/c_train": [now] } }));
    set(first);
    return { ...c, uploads, set };
  }

  it("says quietly that a file is paused, and lets one give it up", async () => {
    const c = withFiles(item({ state: "paused", problem: new ApiProblem({ status: 0, code: "offline" }) }));
    expect(screen.getByText("Paused, waiting for the connection")).toHaveAttribute("role", "status");
    expect(screen.getByRole("progressbar", { name: "reel.bin: 40 % sent" })).toBeInTheDocument();
    c.set(item({ state: "uploading" }));
    expect(screen.queryByText(/Paused/)).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Cancel reel.bin" }));
    await waitFor(() => expect(c.uploads.remove).toHaveBeenCalledWith("f1"));
  });

  it("sends as soon as the file is there, and hands it over", async () => {
    const c = withFiles(item({ state: "paused", problem: new ApiProblem({ status: 0, code: "offline" }) }));
    await userEvent.type(c.field(), "the reel{Enter}");
    expect(screen.getByText("Sent as soon as the files are up.")).toBeInTheDocument();
    expect(c.send).not.toHaveBeenCalled();
    c.set(done);
    await waitFor(() => expect(c.send).toHaveBeenCalledTimes(1));
    expect(c.send.mock.calls[0]?.[0].attachments).toMatchObject([{ upload: "up_1", alt: "A reel", spoiler: false }]);
    await waitFor(() => expect(c.uploads.handOver).toHaveBeenCalledWith(["f1"]));
  });

  it("says why a file cannot go and tries it again", async () => {
    const c = withFiles(item({ state: "failed", problem: new ApiProblem({ status: 507, code: "storage_full" }) }));
    expect(screen.getByRole("alert")).toHaveTextContent("There is no room left to save this.");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(c.uploads.retry).toHaveBeenCalledWith("f1"));
  });
});

describe("C14: drafts", () => {
  it("keeps what was begun, with mentions as marks", async () => {
    const c = open();
    await userEvent.type(c.field(), "to @mira@harbour.town later");
    await waitFor(() => expect(c.saveDraft).toHaveBeenLastCalledWith("s_1", "c_train", "to <@u_mira> later", null));
  });
});
