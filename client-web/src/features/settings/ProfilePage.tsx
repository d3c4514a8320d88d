import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { api, type Profile } from "@kit/api";
import { profileApi } from "@kit/api/profile";
import { useMe, useSync } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { Stack } from "@kit/ui/Page";
import { nameOf } from "@kit/ui/Person";
import { PictureField } from "@kit/ui/PictureField";
import { fieldError } from "@kit/ui/problem";
import { SaveBar, Section } from "@kit/ui/SettingsLayout";
import { FailedState, SkeletonRows } from "@kit/ui/States";
import { TextField } from "@kit/ui/TextField";
import { toast } from "@kit/ui/Toasts";
import { useSubmit } from "@kit/ui/useSubmit";
import { NameSection } from "./NameSection";
import { ViewersSection } from "./ViewersSection";

/** How others see the person: picture, name, pronouns, a few words. */
export function ProfilePage() {
  const { t } = useLingui();
  const { user } = useMe();
  const profile = useQuery({ queryKey: ["profile", user.id], queryFn: () => api.users.profile(user.id) });
  const sync = useSync();
  return (
    <>
      <Section title={t`Picture`} lead={t`It is cut to a circle, and what the camera noted in it is removed.`}>
        <PictureField
          id={user.id}
          name={nameOf(user)}
          src={user.avatar}
          shape="round"
          onChange={async (picture) => {
            sync.setMe(await profileApi.setAvatar(picture));
          }}
          onRemove={async () => {
            sync.setMe(await profileApi.removeAvatar());
          }}
        />
      </Section>
      <Section title={t`Banner`} lead={t`The wide picture above your profile.`}>
        <PictureField
          id={user.id}
          name={nameOf(user)}
          src={profile.data?.banner ?? null}
          shape="wide"
          isDisabled={!profile.isSuccess}
          onChange={async (picture) => {
            sync.setMe(await profileApi.setBanner(picture));
            await profile.refetch();
          }}
          onRemove={async () => {
            sync.setMe(await profileApi.removeBanner());
            await profile.refetch();
          }}
        />
      </Section>
      {profile.isPending ? <SkeletonRows rows={3} label={t`Loading your profile`} /> : profile.isError ? <FailedState error={profile.error} onRetry={() => void profile.refetch()} /> : <Words key={profile.data.user.id} profile={profile.data} />}
      <ViewersSection />
      <NameSection />
    </>
  );
}

function Words({ profile }: { profile: Profile }) {
  const { t } = useLingui();
  const { user } = useMe();
  const sync = useSync();
  const queries = useQueryClient();
  const [name, setName] = useState(user.display_name);
  const [pronouns, setPronouns] = useState(profile.pronouns);
  const [bio, setBio] = useState(profile.bio);
  const changed = name !== user.display_name || pronouns !== profile.pronouns || bio !== profile.bio;
  const save = useSubmit(async () => {
    const me = await api.me.update({ display_name: name.trim(), pronouns: pronouns.trim(), bio: bio.trim() });
    sync.setMe(me);
    setName(me.user.display_name);
    setPronouns(pronouns.trim());
    setBio(bio.trim());
    queries.setQueryData<Profile>(["profile", user.id], { ...profile, user: me.user, pronouns: pronouns.trim(), bio: bio.trim() });
    toast(t`Your profile is saved.`);
  });
  return (
    <Section title={t`About you`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (changed) void save.run();
        }}
      >
        <Stack>
          <TextField label={t`Name to show`} value={name} onChange={setName} maxLength={64} placeholder={user.handle} error={fieldError(save.error, "display_name")} />
          <TextField label={t`Pronouns`} value={pronouns} onChange={setPronouns} maxLength={40} error={fieldError(save.error, "pronouns")} />
          <TextField label={t`A few words about you`} multiline value={bio} onChange={setBio} maxLength={500} error={fieldError(save.error, "bio")} />
          <FormError error={save.error} fields={["display_name", "pronouns", "bio"]} />
          {changed ? (
            <SaveBar>
              <Button
                onPress={() => {
                  setName(user.display_name);
                  setPronouns(profile.pronouns);
                  setBio(profile.bio);
                  save.clear();
                }}
              >
                <Trans>Undo</Trans>
              </Button>
              <Button type="submit" variant="primary" isPending={save.pending}>
                <Trans>Save</Trans>
              </Button>
            </SaveBar>
          ) : null}
        </Stack>
      </form>
    </Section>
  );
}
