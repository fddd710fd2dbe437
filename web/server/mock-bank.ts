/**
 * The bank of the mock payment provider, for machines without a real one: it shows a customer the 3-D Secure question
 * and tells the shop the answer as providers do, by a signed webhook. Only local servers have it, and only where the
 * stack names the mock provider's secret.
 */

import { createHmac, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import { findStack, type Stack } from "./stack.ts";

const PLACE = "/mock-bank/payments/";
const ANSWERS = { approve: "payment.succeeded", refuse: "payment.failed" };

async function tell(stack: Stack, secret: string, payment: string, type: string): Promise<void> {
  const body = JSON.stringify({ id: `evt_${randomUUID()}`, type, data: { provider_payment_id: payment } });
  const moment = Math.floor(Date.now() / 1000).toString();
  const signature = createHmac("sha256", secret).update(`${moment}.${body}`).digest("hex");
  const answer = await fetch(`${stack.api_url}/v1/webhooks/mock`, {
    method: "POST",
    body,
    headers: { "Content-Type": "application/json", "Mock-Signature": `t=${moment},v1=${signature}` },
  });
  if (!answer.ok) throw new Error(`The shop answered ${answer.status}`);
}

function page(payment: string): string {
  const buttons = Object.keys(ANSWERS).map((word) => `<button name="answer" value="${word}">${word}</button>`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Mock bank</title>
<main><h1>Mock bank</h1><p>Is it you who pays ${payment}?</p>
<form method="post">${buttons.join(" ")}</form></main></html>`;
}

async function serve(stack: Stack, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const secret = stack.mock_webhook_secret ?? "";
  const payment = (request.url ?? "").slice(PLACE.length).split("?")[0] ?? "";
  if (!/^[\w-]+$/.test(payment)) {
    response.writeHead(404).end();
    return;
  }
  if (request.method !== "POST") {
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(page(payment));
    return;
  }
  const sent: Buffer[] = [];
  for await (const part of request) sent.push(part as Buffer);
  const word = new URLSearchParams(Buffer.concat(sent).toString()).get("answer");
  await tell(stack, secret, payment, ANSWERS[word === "approve" ? "approve" : "refuse"]);
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
  response.end(
    '<!doctype html><html lang="en"><title>Mock bank</title><main><h1>Thank you</h1><p>Go back to the shop.</p></main></html>',
  );
}

export function mockBank(): Plugin {
  const middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void => {
    const stack = findStack();
    if (!request.url?.startsWith(PLACE) || !stack?.mock_webhook_secret) next();
    else serve(stack, request, response).catch(next);
  };
  return {
    name: "tradewind-mock-bank",
    configureServer: (server) => {
      server.middlewares.use(middleware);
    },
    configurePreviewServer: (server) => {
      server.middlewares.use(middleware);
    },
  };
}
