/** Two pages from one host: addresses inside them lead to their own HTML, as CloudFront does it on AWS. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";

type Next = () => void;

/** Sends every address below `/control` to the control room's page; Vite sends the others to the window. */
function toItsPage(request: IncomingMessage, _response: ServerResponse, next: Next): void {
  const path = (request.url ?? "").split("?")[0] ?? "";
  const isPage = request.headers.accept?.includes("text/html") && !/\.\w+$/.test(path);
  if (isPage && /^\/control(\/|$)/.test(path)) request.url = "/control/index.html";
  next();
}

export function pages(): Plugin {
  return {
    name: "tradewind-pages",
    configureServer: (server) => {
      server.middlewares.use(toItsPage);
    },
    configurePreviewServer: (server) => {
      server.middlewares.use(toItsPage);
    },
  };
}
