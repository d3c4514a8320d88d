import { useLingui } from "@lingui/react/macro";
import { api } from "@kit/api";
import { useMe, useSync } from "@kit/live";
import { FormError } from "@kit/ui/FormError";
import { Stack } from "@kit/ui/Page";
import { Section } from "@kit/ui/SettingsLayout";
import { SwitchField } from "@kit/ui/SwitchField";
import { useSubmit } from "@kit/ui/useSubmit";

/** Who sees what of the profile: everybody, or only members of communities that the person is in. */
export function ViewersSection() {
  const { t } = useLingui();
  const { members_only: kept } = useMe();
  const sync = useSync();
  const save = useSubmit(async (next: string[]) => {
    sync.setMe(await api.me.update({ members_only: next }));
  });
  const fields = [
    { id: "avatar", label: t`Your picture` },
    { id: "banner", label: t`Your banner` },
    { id: "pronouns", label: t`Your pronouns` },
    { id: "bio", label: t`What you say about yourself` },
  ];
  return (
    <Section title={t`Only for members of your communities`} lead={t`What is switched on is shown, and told to other instances, only where somebody is in a community with you. Your name is shown to everybody. What others have seen before, they may have kept.`}>
      <Stack>
        {fields.map(({ id, label }) => (
          <SwitchField
            key={id}
            label={label}
            isSelected={kept.includes(id)}
            isDisabled={save.pending}
            onChange={(on) => void save.run(on ? [...kept, id] : kept.filter((other) => other !== id))}
          />
        ))}
        <FormError error={save.error} />
      </Stack>
    </Section>
  );
}
