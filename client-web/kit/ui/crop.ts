/** A part of a picture, in pixels of the picture. */
export interface Crop {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * The part that shows when a picture of `width` × `height` fills a frame `ratio` times as wide as high, enlarged `zoom` times
 * (1 = just fills it) and moved: `dx`, `dy` from -1 (start) to 1 (end), 0 = the middle.
 */
export function cropTo(ratio: number, width: number, height: number, zoom: number, dx: number, dy: number): Crop {
  const across = Math.min(width, height * ratio) / Math.max(1, zoom);
  const down = across / ratio;
  const clamp = (value: number) => Math.min(1, Math.max(-1, value));
  return { x: ((width - across) / 2) * (1 + clamp(dx)), y: ((height - down) / 2) * (1 + clamp(dy)), width: across, height: down };
}

/** Draws the crop into a picture of at most `most` pixels across and gives it as a file; PNG keeps what is transparent. */
export async function renderCrop(image: HTMLImageElement, crop: Crop, type: string, most: number): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(Math.min(most, crop.width)));
  canvas.height = Math.max(1, Math.round((canvas.width * crop.height) / crop.width));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no 2d canvas");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, crop.x, crop.y, crop.width, crop.height, 0, 0, canvas.width, canvas.height);
  const wanted = type === "image/jpeg" ? "image/jpeg" : "image/png";
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => { if (blob) resolve(blob); else reject(new Error("no picture")); }, wanted, 0.9);
  });
}
