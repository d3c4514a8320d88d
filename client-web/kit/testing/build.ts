import type { Channel, GatewayEvent, Me, Message, Server, ServerFrame, User } from "@kit/api";

/** Builders of sample data: everything has a sensible value, a test names only what it is about. */
export function user(id: string, part: Partial<User> = {}): User {
  const name = id.replace(/^u_/, "");
  return {
    id,
    kind: "user",
    handle: name,
    domain: "quietbay.org",
    display_name: name.charAt(0).toUpperCase() + name.slice(1),
    avatar: null,
    local: true,
    deleted: false,
    ...part,
  };
}

export function me(part: Partial<Me> = {}): Me {
  return { user: user("u_ada"), admin: false, created_at: 0, unknown_sign_ins: 0, applications: 0, instances_waiting: 0, password: true, own_key: true, email: { address: null, pending: null },
    members_only: [], deleted_at: null, ...part };
}

export function channel(id: string, part: Partial<Channel> = {}): Channel {
  return {
    id,
    kind: "text",
    name: id.replace(/^c_/, ""),
    topic: "",
    parent: null,
    position: 0,
    private: false,
    overrides: [],
    my_permissions: ["view", "send", "history", "react", "attach"],
    last_cn: 0,
    read_cn: 0,
    unread: 0,
    mentions: 0,
    last_message_at: null,
    ...part,
  };
}

export function server(id: string, part: Partial<Server> = {}): Server {
  return {
    id,
    name: "Lantern Readers",
    description: "",
    icon: null,
    public: false,
    hub_domain: "harbour.town",
    hub_is_here: false,
    moving_to: null,
    hub: { reachable: true, waiting: 0, catching_up: false },
    owner: "u_mira",
    my_actor: "u_ada",
    my_roles: [],
    my_permissions: ["view", "send", "history", "react", "attach"],
    roles: [],
    channels: [channel("c_train")],
    notices: null,
    member_count: 3,
    seq: 0,
    epoch: 0,
    ...part,
  };
}

export function message(cn: number | null, part: Partial<Message> = {}): Message {
  return {
    id: `m${cn ?? "x"}`,
    sid: "s_1",
    channel: "c_train",
    seq: cn,
    cn,
    author: "u_mira",
    ts: Date.UTC(2026, 10, 19, 12) + (cn ?? 0) * 1000,
    body: `message ${cn ?? "waiting"}`,
    reply_to: null,
    attachments: [],
    reactions: [],
    edited_at: null,
    deleted: false,
    mentions: [],
    nonce: null,
    state: cn === null ? "pending" : "sent",
    error_code: null,
    ...part,
  };
}

export function ready(part: Partial<Extract<ServerFrame, { op: "ready" }>> = {}): ServerFrame {
  return {
    op: "ready",
    me: me(),
    servers: [server("s_1")],
    users: [user("u_ada"), user("u_mira", { domain: "harbour.town", local: false })],
    settings: {},
    reset: [],
    session: "x",
    ...part,
  };
}

export function event(seq: number, e: GatewayEvent, sid = "s_1"): ServerFrame {
  return { op: "event", sid, seq, prev: seq - 1, e };
}

export function messageEvent(seq: number, part: Partial<Message> = {}): ServerFrame {
  const m = message(part.cn ?? seq, { seq, ...part });
  return event(seq, { t: "message", message: m, user: user(m.author) });
}
