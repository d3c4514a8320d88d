import { ABORTED, ApiProblem, OFFLINE, problemFrom } from "./problem";
import { path, url } from "./http";
import { signed } from "./renew";
import type { PartialUpload, Upload } from "./types";

/** A line over which nothing moves for so long counts as broken. */
const STALL_MS = 30_000;
/** How long the instance may work on a file that it has. */
const WORK_MS = 180_000;

/** The file, or how far it is. */
export type UploadStep = Upload | PartialUpload;

export function isWhole(step: UploadStep): step is Upload {
  return !("offset" in step);
}

/** What one request brings. */
export interface Piece {
  bytes: ArrayBuffer;
  /** Bytes of this piece that are on their way or there. */
  onSent?: (bytes: number) => void;
  signal: AbortSignal;
}

/**
 * Sends bytes; throws `ApiProblem` for every outcome that is not a success.
 * XMLHttpRequest because fetch does not report how much was sent.
 */
function send(method: string, where: string, piece: Piece, headers: Record<string, string> = {}): Promise<UploadStep> {
  return signed(() => sendOnce(method, where, piece, headers));
}

function sendOnce(method: string, where: string, piece: Piece, headers: Record<string, string>): Promise<UploadStep> {
  const { bytes, onSent, signal } = piece;
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const fail = (code: string): void => reject(new ApiProblem({ status: 0, code }));
    const stop = (): void => xhr.abort();
    const patience = (ms: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        fail(OFFLINE);
        xhr.abort();
      }, ms);
    };
    xhr.upload.onprogress = (event) => {
      patience(STALL_MS);
      onSent?.(event.loaded);
    };
    xhr.upload.onload = () => patience(WORK_MS);
    xhr.onload = () => {
      if (xhr.status < 200 || xhr.status >= 300) {
        reject(problemFrom(xhr.status, xhr.responseText, { get: (name) => xhr.getResponseHeader(name) }));
        return;
      }
      try {
        resolve(JSON.parse(xhr.responseText) as UploadStep);
      } catch {
        reject(new ApiProblem({ status: 502, code: "bad_answer" }));
      }
    };
    xhr.onerror = () => fail(OFFLINE);
    xhr.onabort = () => fail(ABORTED);
    xhr.onloadend = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    };
    if (signal.aborted) {
      fail(ABORTED);
      return;
    }
    signal.addEventListener("abort", stop);
    xhr.open(method, where);
    xhr.setRequestHeader("content-type", "application/octet-stream");
    xhr.setRequestHeader("accept", "application/json");
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    patience(STALL_MS);
    xhr.send(bytes);
  });
}

export interface UploadTarget {
  sid: string;
  channel: string;
  name: string;
  /** Bytes of the whole file. */
  size: number;
}

/** Uploads in pieces. Loaded when somebody attaches a file: import it from "@kit/api/upload". */
export const uploadLine = {
  /** Begins an upload with its first bytes, or with none. */
  begin: (target: UploadTarget, piece: Piece): Promise<UploadStep> =>
    send("POST", url("uploads", { ...target }), piece),

  /** Brings what follows at an offset. With no bytes at the end it asks for the finished file again. */
  goOn: (id: string, offset: number, piece: Piece): Promise<UploadStep> =>
    send("PATCH", url(path("uploads", id)), piece, { "upload-offset": String(offset) }),

  /** How far an upload is. A request that still brings bytes of it is ended by that. */
  stands: (id: string, signal: AbortSignal): Promise<{ offset: number; complete: boolean }> => signed(() => stands(id, signal)),
};

async function stands(id: string, signal: AbortSignal): Promise<{ offset: number; complete: boolean }> {
  let answer: Response;
  try {
    answer = await fetch(url(path("uploads", id)), { method: "HEAD", credentials: "same-origin", signal });
  } catch {
    throw new ApiProblem({ status: 0, code: signal.aborted ? ABORTED : OFFLINE });
  }
  if (!answer.ok) throw problemFrom(answer.status, "", answer.headers);
  const offset = Number(answer.headers.get("upload-offset") ?? Number.NaN);
  if (!Number.isSafeInteger(offset)) throw new ApiProblem({ status: 502, code: "bad_answer" });
  return { offset, complete: answer.headers.get("upload-complete") === "?1" };
}

export type UploadLine = typeof uploadLine;
