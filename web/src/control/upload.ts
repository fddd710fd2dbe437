/** Files go to and from the shop's bucket through the page's own host: scripts here reach no other. */

import { Problem } from "@/shared/problem";

/** A signed address of the bucket, as this host hands it on. */
export function throughHere(signed: string): string {
  const { pathname, search } = new URL(signed);
  return `/files${pathname}${search}`;
}

/** Sends a file; `sent` hears which part of it is there. */
export function upload(file: File, signed: string, sent: (part: number) => void): Promise<void> {
  // fetch cannot tell how far it is.
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", ({ loaded, total }) => sent(total ? loaded / total : 0));
    request.addEventListener("load", () =>
      request.status < 300
        ? resolve()
        : reject(new Problem(request.status, "upload_failed", `The file was not taken (${request.status}).`)),
    );
    request.addEventListener("error", () => reject(new Problem(0, "offline", "The file could not be sent.")));
    request.open("PUT", throughHere(signed));
    request.send(file);
  });
}
