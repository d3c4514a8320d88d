import { ABORTED, ApiProblem, OFFLINE, problemFrom } from "./problem";
import { url } from "./http";
import type { Upload } from "./types";

export interface UploadTask {
  /** Settles when the server has the whole file; rejects with `ApiProblem` (code "aborted" after `cancel`). */
  done: Promise<Upload>;
  cancel(): void;
}

/**
 * Sends one file for a channel. `onProgress` gets the sent share, 0 to 1.
 * XMLHttpRequest because fetch does not report how much was sent.
 */
export function upload(sid: string, channel: string, file: File, onProgress: (share: number) => void): UploadTask {
  const xhr = new XMLHttpRequest();
  const done = new Promise<Upload>((resolve, reject) => {
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    };
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) {
        try {
          resolve(JSON.parse(xhr.responseText) as Upload);
        } catch {
          reject(new ApiProblem({ status: 502, code: "bad_answer" }));
        }
      } else {
        reject(problemFrom(xhr.status, xhr.responseText, { get: (name) => xhr.getResponseHeader(name) }));
      }
    };
    xhr.onerror = () => reject(new ApiProblem({ status: 0, code: OFFLINE }));
    xhr.onabort = () => reject(new ApiProblem({ status: 0, code: ABORTED }));
    xhr.open("POST", url("uploads", { name: file.name, sid, channel }));
    xhr.setRequestHeader("content-type", file.type || "application/octet-stream");
    xhr.setRequestHeader("accept", "application/json");
    xhr.send(file);
  });
  return { done, cancel: () => xhr.abort() };
}
