// Fills the two demo instances: accounts, communities, and one day of talk for each run.
// Usage: node seed.mjs DEMO_FOLDER DAY   (DAY counts from 0; the first also makes people and communities)
//
// What it made is kept in DEMO_FOLDER/seed.json, so that the next run continues there.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Person, until } from "./api.mjs";
import { HOMES, PASSWORD, PEOPLE, SERVERS } from "./cast.mjs";
import { PICTURES, face } from "./paint.mjs";
import { DAYS } from "./story.mjs";

const [folder, dayNumber] = [process.argv[2], Number(process.argv[3])];
const notes = join(folder, "seed.json");
const state = existsSync(notes) ? JSON.parse(readFileSync(notes, "utf8")) : { people: {}, servers: {}, messages: {} };
const save = () => writeFileSync(notes, JSON.stringify(state, null, 1), { mode: 0o600 });

const origin = (home) => `http://127.0.0.1:${process.env[`DEMO_PORT_${home.toUpperCase()}`]}`;
const domain = (home) => `${home}.localhost:${process.env[`DEMO_PORT_${home.toUpperCase()}`]}`;
const person = (handle) => new Person(origin(PEOPLE[handle].home), state.people[handle].token);

async function makePeople() {
  for (const [handle, who] of Object.entries(PEOPLE)) {
    const nobody = new Person(origin(who.home));
    const account = { handle, password: PASSWORD, display_name: who.name };
    if (who.admin) {
      const link = new URL(readFileSync(join(folder, who.home, "setup-url"), "utf8").trim());
      await nobody.post("/setup", { ...account, token: link.searchParams.get("token"), instance_name: HOMES[who.home].name });
    } else {
      await nobody.post("/accounts", account);
    }
    const session = await nobody.post("/sessions", { handle, password: PASSWORD, kind: "bearer", device: "Demo script" });
    state.people[handle] = { token: session.token, actor: session.me.user.id };
    const me = person(handle);
    await me.patch("/me", { bio: who.bio, pronouns: who.pronouns });
    await me.put("/me/avatar", face(who.face));
  }
  save();
}

async function makeServer(key, plan) {
  const owner = person(plan.owner);
  let server = await owner.post("/servers", { name: plan.name, description: plan.description, public: true, template: "blank" });
  const sid = server.id;
  await owner.put(`/servers/${sid}/icon`, PICTURES[plan.icon]());
  const channels = {};
  const given = server.channels.filter((c) => c.kind === "text");
  for (const { parent, allow, ...channel } of plan.channels.filter((c) => !c.private)) {
    const body = { ...channel, ...(parent ? { parent: channels[parent] } : {}) };
    // A new server may come with a channel: it becomes our first one.
    const first = channel.kind !== "category" ? given.shift() : undefined;
    const made = first
      ? await owner.patch(`/servers/${sid}/channels/${first.id}`, { name: body.name, topic: body.topic, ...(body.parent ? { parent: body.parent } : {}) })
      : await owner.post(`/servers/${sid}/channels`, body);
    channels[channel.name] = made.id;
  }
  const invite = await owner.post(`/servers/${sid}/invites`, { expires_in_s: null, max_uses: null });
  for (const handle of plan.members) {
    await person(handle).post(`/invites/${encodeURIComponent(domain(plan.home))}/${encodeURIComponent(invite.code)}/accept`);
    await until(`${handle} in ${plan.name}`, async () => {
      const { members } = await owner.get(`/servers/${sid}/members?q=${handle}`);
      return members.find((m) => m.user.id === state.people[handle].actor);
    });
  }
  for (const { people, ...role } of plan.roles) {
    const made = await owner.post(`/servers/${sid}/roles`, role);
    for (const handle of people) {
      const actor = state.people[handle].actor;
      const { members } = await owner.get(`/servers/${sid}/members?q=${handle}`);
      const before = members.find((m) => m.user.id === actor)?.roles ?? [];
      await owner.patch(`/servers/${sid}/members/${actor}`, { roles: [...before, made.id] });
    }
  }
  for (const { parent, allow, ...channel } of plan.channels.filter((c) => c.private)) {
    const made = await owner.post(`/servers/${sid}/channels`, {
      ...channel,
      ...(parent ? { parent: channels[parent] } : {}),
      allow: allow.map((handle) => state.people[handle].actor),
    });
    channels[channel.name] = made.id;
  }
  state.servers[key] = { sid, channels, owner: plan.owner };
  save();
}

/** Waits until this home has the message, so that answers and reactions can refer to it. */
function seenBy(handle, sid, channel, id) {
  return until(`message ${id} at ${handle}'s instance`, async () => {
    try {
      const page = await person(handle).get(`/servers/${sid}/channels/${channel}/messages?limit=100`);
      return page.messages.find((m) => m.id === id && m.seq !== null);
    } catch (error) {
      // A home that has just joined may not have the channel yet.
      if (error.status === 404 || error.status === 403) return null;
      throw error;
    }
  });
}

async function say(line, number) {
  const [serverKey, channelName] = line.at.split("/");
  const { sid, channels, owner } = state.servers[serverKey];
  const channel = channels[channelName];
  const me = person(line.who);
  await until(`${channelName} at ${line.who}'s instance`, async () => (await me.get(`/servers/${sid}`)).channels.find((c) => c.id === channel));
  const body = { nonce: `demo-${dayNumber}-${number}`, body: line.text };
  if (line.to) {
    body.reply_to = state.messages[line.to];
    await seenBy(line.who, sid, channel, body.reply_to);
  }
  if (line.picture) {
    const upload = await me.post(`/uploads?name=${line.picture}.png&sid=${sid}&channel=${channel}`, PICTURES[line.picture]());
    body.attachments = [{ upload: upload.upload, alt: line.alt }];
  }
  const message = await me.post(`/servers/${sid}/channels/${channel}/messages`, body);
  if (line.is) state.messages[line.is] = message.id;
  // The next line may come from another instance: the talk keeps its order.
  await seenBy(owner, sid, channel, message.id);
  for (const [emoji, people] of Object.entries(line.hearts ?? {}))
    for (const handle of people) {
      await seenBy(handle, sid, channel, message.id);
      await person(handle).put(`/servers/${sid}/channels/${channel}/messages/${message.id}/reactions/${encodeURIComponent(emoji)}`);
    }
}

if (dayNumber === 0) {
  await makePeople();
  for (const [key, plan] of Object.entries(SERVERS)) await makeServer(key, plan);
}
let number = 0;
for (const line of DAYS[dayNumber].lines) await say(line, number++);
save();
