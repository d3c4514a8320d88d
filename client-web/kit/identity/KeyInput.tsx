import { FileText } from "lucide-react";
import { FileTrigger } from "react-aria-components";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@kit/ui/Button";
import { TextField } from "@kit/ui/TextField";

/** A recovery file is some hundred bytes. */
const MOST = 100_000;

/** A recovery file, or its words typed. */
export function KeyInput({ value, onChange, onFile, error }: { value: string; onChange: (text: string) => void; onFile?: (text: string) => void; error: string | undefined }) {
  const { t } = useLingui();
  return (
    <>
      <div>
        <FileTrigger
          acceptedFileTypes={["text/plain"]}
          onSelect={(files) => {
            const file = files?.[0];
            if (!file) return;
            void file.slice(0, MOST).text().then((content) => {
              onChange(content);
              onFile?.(content);
            });
          }}
        >
          <Button icon={<FileText size={16} />}>
            <Trans>Choose the file</Trans>
          </Button>
        </FileTrigger>
      </div>
      <TextField label={t`Or type the 24 words`} multiline value={value} onChange={onChange} autoComplete="off" spellCheck="false" error={error} />
    </>
  );
}
