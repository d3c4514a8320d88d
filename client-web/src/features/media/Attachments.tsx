import type { Attachment, Message } from "@kit/api";
import { cx } from "@kit/ui/cx";
import { Trans, useLingui } from "@lingui/react/macro";
import { Download, EyeOff, FileText } from "lucide-react";
import { lazy, memo, Suspense, useState } from "react";
import { blurred } from "./thumbhash";
import { fitBox, formatBytes } from "./size";
import s from "./Media.module.css";

const Lightbox = lazy(() => import("./Lightbox").then((m) => ({ default: m.Lightbox })));

const MAX_WIDTH = 420;
const MAX_HEIGHT = 320;

export function isPicture(file: Attachment): boolean {
  return file.type.startsWith("image/") && file.type !== "image/svg+xml" && file.url !== "";
}

/** The files of one message. Pictures and films take their place before they are loaded. */
export const Attachments = memo(function Attachments({ message }: { message: Message }) {
  const [open, setOpen] = useState<number | null>(null);
  const pictures = message.attachments.filter(isPicture);
  const rest = message.attachments.filter((a) => !isPicture(a));
  return (
    <div className={s.attachments}>
      {pictures.length > 0 ? (
        <div className={cx(s.pictures, pictures.length > 1 && s.several)}>
          {pictures.map((picture, index) => (
            <Picture key={picture.id} picture={picture} several={pictures.length > 1} onOpen={() => setOpen(index)} />
          ))}
        </div>
      ) : null}
      {rest.map((file) => (
        <File key={file.id} file={file} />
      ))}
      {open !== null ? (
        <Suspense fallback={null}>
          <Lightbox pictures={pictures} start={open} onClose={() => setOpen(null)} />
        </Suspense>
      ) : null}
    </div>
  );
});

function Picture({ picture, several, onOpen }: { picture: Attachment; several: boolean; onOpen: () => void }) {
  const { t } = useLingui();
  const [loaded, setLoaded] = useState(false);
  const [failed, setFailed] = useState(false);
  const [hidden, setHidden] = useState(picture.spoiler);
  const box = fitBox(picture.width ?? MAX_WIDTH, picture.height ?? (MAX_WIDTH * 9) / 16, MAX_WIDTH, MAX_HEIGHT);
  const blur = picture.thumbhash && !loaded ? blurred(picture.thumbhash) : null;
  const animated = picture.type === "image/gif";
  const source = animated ? picture.url : (picture.thumb_url ?? picture.url);
  const name = picture.alt || picture.name;
  return (
    <figure
      className={s.picture}
      style={{
        ...(several ? {} : { inlineSize: box.width, aspectRatio: `${box.width} / ${box.height}` }),
        ...(blur ? { backgroundImage: `url(${blur})` } : {}),
      }}
    >
      <button
        type="button"
        className={s.pictureButton}
        aria-label={hidden ? t`Hidden picture, show it` : t`Enlarge: ${name}`}
        onClick={() => (hidden ? setHidden(false) : onOpen())}
      >
        {failed ? (
          <span className={s.broken}>
            <Trans>This picture cannot be shown now.</Trans>
          </span>
        ) : (
          <img
            src={source}
            alt={hidden ? "" : picture.alt || t`Picture: ${picture.name}`}
            className={cx(hidden && s.veiled)}
            loading="lazy"
            decoding="async"
            draggable={false}
            onLoad={() => setLoaded(true)}
            onError={() => setFailed(true)}
          />
        )}
        {hidden ? (
          <span className={s.veil}>
            <EyeOff size={18} aria-hidden="true" /> <Trans>Hidden</Trans>
          </span>
        ) : null}
      </button>
    </figure>
  );
}

function File({ file }: { file: Attachment }) {
  const { t } = useLingui();
  if (file.type.startsWith("video/") && file.url) {
    const box = fitBox(file.width ?? 640, file.height ?? 360, MAX_WIDTH, MAX_HEIGHT);
    return (
      // eslint-disable-next-line jsx-a11y/media-has-caption -- people's own films come without captions; the alt text describes them
      <video
        className={s.video}
        style={{ inlineSize: box.width, aspectRatio: `${box.width} / ${box.height}` }}
        src={file.url}
        {...(file.thumb_url ? { poster: file.thumb_url } : {})}
        controls
        preload={file.thumb_url ? "none" : "metadata"}
        aria-label={file.alt || file.name}
      />
    );
  }
  return (
    <div className={s.file}>
      <FileText size={28} strokeWidth={1.5} aria-hidden="true" />
      <div className={s.fileText}>
        <span className={s.fileName}>{file.name}</span>
        <small>{formatBytes(file.size)}</small>
        {file.alt ? <small>{file.alt}</small> : null}
        {file.type.startsWith("audio/") && file.url ? (
          // eslint-disable-next-line jsx-a11y/media-has-caption -- as above
          <audio className={s.audio} src={file.url} controls preload="none" aria-label={file.alt || file.name} />
        ) : null}
      </div>
      {file.url ? (
        <a className={s.download} href={file.url} download={file.name} aria-label={t`Download ${file.name}`}>
          <Download size={18} />
        </a>
      ) : null}
    </div>
  );
}
