import { Check, Shield, X } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useLingui } from "@lingui/react/macro";
import { Button, ListBox, ListBoxItem, Text } from "react-aria-components";
import type { Role, User } from "@kit/api";
import { useMembers, useUsers } from "@kit/live";
import { roleColour } from "@kit/theme/identity-colour";
import { Avatar } from "./Avatar";
import { Home, nameOf, pictureOf } from "./Person";
import { SearchField } from "./SearchField";
import menu from "./Menu.module.css";
import s from "./TargetPicker.module.css";

export interface TargetPickerProps {
  sid: string;
  label: string;
  roles: readonly Role[];
  /** Ids of chosen roles and people. */
  value: readonly string[];
  onChange: (value: string[]) => void;
  /** Ids that are not offered. */
  without?: readonly string[];
}

/** Chooses roles and people of a community: search above, what is chosen as removable chips. */
export function TargetPicker({ sid, label, roles, value, onChange, without = [] }: TargetPickerProps) {
  const { t } = useLingui();
  const [query, setQuery] = useState("");
  const q = useDeferredValue(query.trim());
  const { members, status } = useMembers(sid, { q });
  const [seen, setSeen] = useState<Record<string, User>>({});
  const known = useUsers(value, sid);
  const chosenUser = (id: string) => seen[id] ?? known.find((user) => user?.id === id) ?? members.find((member) => member.user.id === id)?.user;
  const matching = roles.filter((role) => !role.everyone && !without.includes(role.id) && role.name.toLowerCase().includes(q.toLowerCase()));
  const people = members.filter((member) => !without.includes(member.user.id)).slice(0, 30);

  const remove = (id: string) => {
    onChange(value.filter((other) => other !== id));
  };

  return (
    <div className={s.picker}>
      {value.length > 0 ? (
        <ul className={s.chips} aria-label={t`Chosen`}>
          {value.map((id) => {
            const role = roles.find((r) => r.id === id);
            const user = chosenUser(id);
            const name = role?.name ?? (user ? nameOf(user) : id);
            return (
              <li key={id} className={s.chip}>
                {role ? <Shield size={14} style={{ color: roleColour(role.colour) }} aria-hidden="true" /> : user ? <Avatar id={user.id} name={name} src={user.avatar} size={18} /> : null}
                {name}
                <Button className={s.remove ?? ""} aria-label={t`Remove ${name}`} onPress={() => { remove(id); }}>
                  <X size={14} />
                </Button>
              </li>
            );
          })}
        </ul>
      ) : null}
      <SearchField label={label} value={query} onChange={setQuery} />
      <ListBox
        aria-label={label}
        className={s.list ?? ""}
        selectionMode="multiple"
        selectedKeys={value}
        onSelectionChange={(keys) => {
          if (keys === "all") return;
          const shown = new Set([...matching.map((role) => role.id), ...people.map((member) => member.user.id)]);
          const chosen = new Set([...keys].map(String));
          setSeen((before) => ({ ...before, ...Object.fromEntries(people.filter((m) => chosen.has(m.user.id)).map((m) => [m.user.id, m.user])) }));
          onChange([...value.filter((id) => !shown.has(id) || chosen.has(id)), ...[...chosen].filter((id) => !value.includes(id))]);
        }}
        renderEmptyState={() => <p className={s.none}>{status === "pending" ? t`Searching…` : t`Nobody and no role of that name.`}</p>}
      >
        {[
          ...matching.map((role) => (
            <ListBoxItem key={role.id} id={role.id} textValue={role.name} className={menu.item}>
              {({ isSelected }) => (
                <>
                  <Shield size={18} style={{ color: roleColour(role.colour) }} aria-hidden="true" />
                  <Text slot="label" className={menu.text}>
                    {role.name}
                  </Text>
                  {isSelected ? <Check size={16} aria-hidden="true" /> : null}
                </>
              )}
            </ListBoxItem>
          )),
          ...people.map(({ user }) => (
            <ListBoxItem key={user.id} id={user.id} textValue={nameOf(user)} className={menu.item}>
              {({ isSelected }) => (
                <>
                  <Avatar id={user.id} name={nameOf(user)} src={pictureOf(user)} size={22} />
                  <Text slot="label" className={menu.text}>
                    {nameOf(user)} <Home user={user} />
                  </Text>
                  {isSelected ? <Check size={16} aria-hidden="true" /> : null}
                </>
              )}
            </ListBoxItem>
          )),
        ]}
      </ListBox>
    </div>
  );
}
