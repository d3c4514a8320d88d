import { FolderInput } from "lucide-react";
import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { FileTrigger } from "react-aria-components";
import type { ImportPreview } from "@kit/api";
import { dataApi } from "@kit/api/data";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { Note } from "@kit/ui/Page";
import { fieldError } from "@kit/ui/problem";
import { Section } from "@kit/ui/SettingsLayout";
import { useSubmit } from "@kit/ui/useSubmit";
import { accountIn } from "./archive";
import { Preview } from "./Preview";

const accepted = [".zip", ".json", "application/zip", "application/json"];

/** An archive of another place: chosen, looked at, and taken over as far as the person wants it. */
export function ImportSection() {
  const { t } = useLingui();
  const [found, setFound] = useState<ImportPreview | null>(null);
  const look = useSubmit(async (file: File) => {
    setFound(null);
    setFound(await dataApi.lookAt(await accountIn(file)));
  });
  const wrong = fieldError(look.error, "archive");
  return (
    <Section
      title={<Trans>Bring data from another instance</Trans>}
      lead={t`Choose an archive that you made elsewhere. You see first what is in it, and nothing changes before you say so.`}
    >
      <FormError error={look.error} fields={["archive"]} />
      {wrong ? (
        <div role="alert">
          <Note tone="bad">{wrong}</Note>
        </div>
      ) : null}
      {found ? (
        <Preview
          key={found.id}
          found={found}
          onClose={() => {
            setFound(null);
          }}
        />
      ) : (
        <div>
          <FileTrigger
            acceptedFileTypes={accepted}
            onSelect={(files) => {
              const file = files?.item(0);
              if (file) void look.run(file);
            }}
          >
            <Button isPending={look.pending} icon={<FolderInput size={16} />}>
              <Trans>Choose an archive</Trans>
            </Button>
          </FileTrigger>
        </div>
      )}
    </Section>
  );
}
