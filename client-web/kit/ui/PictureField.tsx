import { ImagePlus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { FileTrigger } from "react-aria-components";
import { identityColour } from "../theme/identity-colour";
import { Avatar } from "./Avatar";
import { Button } from "./Button";
import { CropDialog, type PictureShape } from "./CropDialog";
import { cx } from "./cx";
import { FormError } from "./FormError";
import { useSubmit } from "./useSubmit";
import s from "./PictureField.module.css";

export interface PictureFieldProps {
  id: string;
  name: string;
  src: string | null;
  shape: PictureShape;
  /** Saves the cropped picture. */
  onChange: (picture: Blob) => Promise<unknown>;
  onRemove: () => Promise<unknown>;
  /** Whether there is one to remove; as long as one is shown, where nothing is said. */
  isRemovable?: boolean;
  isDisabled?: boolean;
}

const accepted = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/** The picture of a person or a community, with ways to choose another, to crop it and to remove it. */
export function PictureField({ id, name, src, shape, onChange, onRemove, isRemovable = src !== null, isDisabled }: PictureFieldProps) {
  const { t } = useLingui();
  const [file, setFile] = useState<File | null>(null);
  const remove = useSubmit(onRemove);
  return (
    <div className={cx(s.field, shape === "wide" && s.column)}>
      {shape === "wide" ? (
        <div className={s.wide} style={{ background: identityColour(id) }}>{src ? <img src={src} alt="" /> : null}</div>
      ) : (
        <Avatar id={id} name={name} src={src} size={80} shape={shape} />
      )}
      <div className={s.side}>
        <div className={s.buttons}>
          <FileTrigger
            acceptedFileTypes={accepted}
            onSelect={(files) => {
              setFile(files?.item(0) ?? null);
            }}
          >
            <Button isDisabled={isDisabled ?? false} icon={<ImagePlus size={16} />}>
              {src ? t`Change picture` : t`Choose a picture`}
            </Button>
          </FileTrigger>
          {isRemovable ? (
            <Button variant="plain" isDisabled={isDisabled ?? false} isPending={remove.pending} icon={<Trash2 size={16} />} onPress={() => void remove.run()}>
              <Trans>Remove</Trans>
            </Button>
          ) : null}
        </div>
        <FormError error={remove.error} />
      </div>
      {file ? <CropDialog file={file} shape={shape} onClose={() => { setFile(null); }} onSave={onChange} /> : null}
    </div>
  );
}
