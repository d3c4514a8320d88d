import { useChannel, useServer } from "@kit/live";
import { Trans } from "@lingui/react/macro";
import s from "./Timeline.module.css";

/** What stands before the first message: the beginning of the channel, or a word on what is missing. */
export function ChannelStart({ sid, cid, incomplete }: { sid: string; cid: string; incomplete: boolean }) {
  const server = useServer(sid);
  const channel = useChannel(sid, cid);
  if (!channel || !server) return null;
  const name = channel.name;
  const host = server.hub_domain;
  if (incomplete) {
    return (
      <p className={s.incomplete}>
        <Trans>Older messages are at {host}, which does not answer now. They come when it is back.</Trans>
      </p>
    );
  }
  return (
    <div className={s.start}>
      <h2>#{name}</h2>
      <p>{channel.topic ? channel.topic : <Trans>This is where #{name} begins. Say hello.</Trans>}</p>
    </div>
  );
}
