import { useLingui } from "@lingui/react/macro";
import type { Server } from "@kit/api";
import { SelectField } from "@kit/ui/SelectField";
import { groupChannels } from "@kit/ui/channel-tree";

const none = "none";

/** Which category a channel stands in; nothing where the community has none. */
export function CategoryField({ server, value, onChange }: { server: Server; value: string | null; onChange: (value: string | null) => void }) {
  const { t } = useLingui();
  const categories = groupChannels(server.channels)
    .map((group) => group.category)
    .filter((category) => category !== null);
  if (categories.length === 0) return null;
  return (
    <SelectField
      label={t`Category`}
      value={value ?? none}
      onChange={(id) => {
        onChange(id === none ? null : id);
      }}
      options={[{ id: none, name: t`None, at the top` }, ...categories.map((category) => ({ id: category.id, name: category.name }))]}
    />
  );
}
