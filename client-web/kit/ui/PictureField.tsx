import { ImagePlus, Trash2 } from "lucide-react";
import { useEffect, useRef, useState, type PointerEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { FileTrigger } from "react-aria-components";
import { Avatar } from "./Avatar";
import { Button } from "./Button";
import { cropSquare, renderCrop } from "./crop";
import { cx } from "./cx";
import { Dialog } from "./Dialog";
import { FormError } from "./FormError";
import { SliderField } from "./SliderField";
import { useSubmit } from "./useSubmit";
import s from "./PictureField.module.css";

export interface PictureFieldProps {
  id: string;
  name: string;
  src: string | null;
  shape: "round" | "square";
  /** Saves the cropped picture. */
  onChange: (picture: Blob) => Promise<unknown>;
  onRemove: () => Promise<unknown>;
  isDisabled?: boolean;
}

const accepted = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/** The picture of a person or a community, with ways to choose another, to crop it and to remove it. */
export function PictureField({ id, name, src, shape, onChange, onRemove, isDisabled }: PictureFieldProps) {
  const { t } = useLingui();
  const [file, setFile] = useState<File | null>(null);
  const remove = useSubmit(onRemove);
  return (
    <div className={s.field}>
      <Avatar id={id} name={name} src={src} size={80} shape={shape} />
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
          {src ? (
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

interface CropDialogProps {
  file: File;
  shape: "round" | "square";
  onClose: () => void;
  onSave: (picture: Blob) => Promise<unknown>;
}

const frame = 256;

function CropDialog({ file, shape, onClose, onSave }: CropDialogProps) {
  const { t } = useLingui();
  const image = useRef<HTMLImageElement>(null);
  const [url, setUrl] = useState<string | null>(null);
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const [unreadable, setUnreadable] = useState(false);
  const [zoom, setZoom] = useState(1);
  const [at, setAt] = useState({ dx: 0, dy: 0 });
  const drag = useRef<{ x: number; y: number; dx: number; dy: number } | null>(null);

  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => {
      URL.revokeObjectURL(made);
    };
  }, [file]);

  const crop = size ? cropSquare(size.width, size.height, zoom, at.dx, at.dy) : null;
  const scale = crop ? frame / crop.side : 1;
  const submit = useSubmit(async () => {
    if (!image.current || !crop) return;
    await onSave(await renderCrop(image.current, crop, file.type));
  });

  const move = (event: PointerEvent) => {
    if (!drag.current || !size || !crop) return;
    const room = (whole: number) => ((whole - crop.side) / 2) * scale;
    const shift = (start: number, moved: number, whole: number) => (room(whole) > 0 ? Math.min(1, Math.max(-1, start - moved / room(whole))) : 0);
    setAt({ dx: shift(drag.current.dx, event.clientX - drag.current.x, size.width), dy: shift(drag.current.dy, event.clientY - drag.current.y, size.height) });
  };

  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t`Crop the picture`}
      lead={t`Drag it, or use the sliders.`}
      size="small"
      footer={
        <>
          <Button onPress={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button variant="primary" isDisabled={!crop} isPending={submit.pending} onPress={() => void submit.run().then((ok) => { if (ok) onClose(); })}>
            <Trans>Use this picture</Trans>
          </Button>
        </>
      }
    >
      {unreadable ? (
        <p role="alert">
          <Trans>This browser cannot read the file as a picture. Choose a PNG, JPEG, WebP or GIF.</Trans>
        </p>
      ) : (
        <>
          <div
            className={cx(s.frame, s[shape])}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              drag.current = { x: event.clientX, y: event.clientY, ...at };
            }}
            onPointerMove={move}
            onPointerUp={() => {
              drag.current = null;
            }}
          >
            {url ? (
              <img
                ref={image}
                src={url}
                alt={t`Preview`}
                draggable={false}
                onLoad={(event) => {
                  setSize({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight });
                }}
                onError={() => {
                  setUnreadable(true);
                }}
                style={size && crop ? { inlineSize: size.width * scale, blockSize: size.height * scale, translate: `${String(-crop.x * scale)}px ${String(-crop.y * scale)}px` } : { visibility: "hidden" }}
              />
            ) : null}
            <span className={s.mask} aria-hidden="true" />
          </div>
          <SliderField label={t`Zoom`} value={zoom} min={1} max={4} step={0.05} onChange={setZoom} />
          <SliderField label={t`Sideways`} value={at.dx} min={-1} max={1} step={0.05} onChange={(dx) => { setAt({ ...at, dx }); }} />
          <SliderField label={t`Up and down`} value={at.dy} min={-1} max={1} step={0.05} onChange={(dy) => { setAt({ ...at, dy }); }} />
        </>
      )}
      <FormError error={submit.error} />
    </Dialog>
  );
}
