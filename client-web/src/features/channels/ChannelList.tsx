import { ChevronDown, Hash, Plus } from "lucide-react";
import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button as AriaButton } from "react-aria-components";
import type { Channel, Server } from "@kit/api";
import { api } from "@kit/api";
import { can, useServer } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { isUnread } from "@kit/ui/counts";
import { cx } from "@kit/ui/cx";
import { IconButton } from "@kit/ui/IconButton";
import { openOverlay } from "@kit/ui/overlays";
import { EmptyState, SkeletonRows } from "@kit/ui/States";
import { toastError } from "@kit/ui/Toasts";
import { CategoryMenu } from "./CategoryMenu";
import { ChannelRow } from "./ChannelRow";
import { ServerHeader } from "./ServerHeader";
import { groupChannels, planMove, type Group } from "@kit/ui/channel-tree";
import { useCollapsed } from "./useCollapsed";
import s from "./ChannelList.module.css";

/** A community's name and menu, and its channels by category. */
export function ChannelList({ sid, activeCid }: { sid: string; activeCid: string | null }) {
  const { t } = useLingui();
  const server = useServer(sid);
  if (!server) return <SkeletonRows rows={6} label={t`Loading channels`} />;
  return (
    <div className={s.frame}>
      <ServerHeader server={server} />
      <Channels server={server} activeCid={activeCid} />
    </div>
  );
}

function Channels({ server, activeCid }: { server: Server; activeCid: string | null }) {
  const { t } = useLingui();
  const [folded, toggle] = useCollapsed(server.id);
  const [dragged, setDragged] = useState<string | null>(null);
  const mayManage = can(server, "manage_channels");
  const groups = groupChannels(server.channels);

  const move = (id: string, parent: string | null, index: number) => {
    const change = planMove(server.channels, id, parent, index);
    if (change) void api.channels.update(server.id, id, change).catch(toastError);
  };
  const dropOn = (group: Group, index: number) => {
    if (dragged) move(dragged, group.category?.id ?? null, index);
    setDragged(null);
  };

  if (groups.length === 0)
    return (
      <EmptyState
        icon={<Hash size={28} />}
        title={<Trans>No channel to see</Trans>}
        action={
          mayManage ? (
            <Button variant="primary" onPress={() => { openOverlay({ kind: "create-channel", sid: server.id, parent: null, as: "text" }); }}>
              <Trans>Create a channel</Trans>
            </Button>
          ) : null
        }
      >
        {mayManage ? t`Conversations happen in channels. Make the first one.` : t`There are no channels here that you may read.`}
      </EmptyState>
    );

  const row = (channel: Channel, index: number, group: Group) => (
    <ChannelRow
      key={channel.id}
      server={server}
      channel={channel}
      active={channel.id === activeCid}
      mayManage={mayManage}
      isFirst={index === 0}
      isLast={index === group.channels.length - 1}
      onMove={(by) => {
        move(channel.id, group.category?.id ?? null, index + by);
      }}
      isDragging={dragged !== null && dragged !== channel.id}
      onDragStart={() => {
        setDragged(channel.id);
      }}
      onDragEnd={() => {
        setDragged(null);
      }}
      onDrop={() => {
        dropOn(group, index);
      }}
    />
  );

  return (
    <nav className={s.list} aria-label={t`Channels of ${server.name}`}>
      {groups.map((group, groupIndex) => {
        const { category } = group;
        if (!category) return <ul key="">{group.channels.map((channel, index) => row(channel, index, group))}</ul>;
        const closed = folded.has(category.id);
        const shown = group.channels.filter((channel) => !closed || channel.id === activeCid || isUnread(channel));
        return (
          <section
            key={category.id}
            onDragOver={(event) => {
              if (dragged) event.preventDefault();
            }}
            onDrop={(event) => {
              event.preventDefault();
              dropOn(group, group.channels.length);
            }}
          >
            <CategoryMenu
              server={server}
              category={category}
              mayManage={mayManage}
              isFirst={groups[groupIndex - 1]?.category == null}
              isLast={groupIndex === groups.length - 1}
              onMove={(by) => {
                const categories = groups.filter((g) => g.category !== null);
                move(category.id, null, categories.indexOf(group) + by);
              }}
            >
              <div className={s.category}>
                <h2 className={s.categoryName}>
                  <AriaButton
                    className={s.fold ?? ""}
                    aria-expanded={!closed}
                    onPress={() => {
                      toggle(category.id);
                    }}
                  >
                    <ChevronDown size={12} className={cx(s.chevron, closed && s.closed)} aria-hidden="true" />
                    {category.name}
                  </AriaButton>
                </h2>
                {mayManage ? (
                  <IconButton label={t`Create a channel in ${category.name}`} className={s.plus} onPress={() => { openOverlay({ kind: "create-channel", sid: server.id, parent: category.id, as: "text" }); }}>
                    <Plus size={16} />
                  </IconButton>
                ) : null}
              </div>
            </CategoryMenu>
            <ul>{shown.map((channel) => row(channel, group.channels.indexOf(channel), group))}</ul>
          </section>
        );
      })}
    </nav>
  );
}
