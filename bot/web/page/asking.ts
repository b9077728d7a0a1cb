// A question sent, and the events of its answer as they come; an answer fetched that was missed.

import { answerGiven, asking } from "./address";
import type { Answer } from "./answer";
import { call } from "./base";
import { read } from "./events";

/** The server sends something every 15 seconds; three times that is a lost connection. */
const patience = 45_000;

export interface Asked {
  question: string;
  lang: string;
  event?: string;
  conversation?: string;
  fresh?: boolean; // made anew, not given again as it was
}

export interface Failure {
  code: string;
  message: string;
  retryable: boolean;
}

/** Told is a failure that the server has words for. Any other is a lost connection. */
export class Told extends Error {
  constructor(readonly failure: Failure) {
    super(failure.code);
  }
}

/** ask streams the answer to a question and gives every event of it. It returns when the last one was given. */
export async function ask(asked: Asked, signal: AbortSignal, take: (type: string, data: any) => void): Promise<void> {
  const { lang, ...body } = asked;
  const response = await call(asking + "?" + new URLSearchParams({ lang }), {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify(body),
    signal,
  });
  if (!response.ok || !response.body) {
    const said = await response.json().catch(() => null);
    throw said?.error ? new Told(said.error) : new Error(String(response.status));
  }
  let whole = false;
  await read(response.body, patience, (e) => {
    const data = JSON.parse(e.data);
    if (e.type === "error") throw new Told(data);
    whole ||= e.type === "done";
    take(e.type, data);
  });
  if (!whole) throw new Error("cut short");
}

/** A model may take two minutes for an answer; after that it is not to come. */
const waits = [1, 1, 2, 2, 4, 5, 5, 10, 10, 20, 30, 30];

/** missed waits for an answer whose connection broke: the server goes on with it, and keeps it when it is whole. */
export async function missed(id: string, signal: AbortSignal, tries = waits.length): Promise<Answer | null> {
  for (const seconds of waits.slice(0, tries)) {
    const response = await call(answerGiven(id), { signal }).catch(() => null);
    if (signal.aborted) return null;
    if (response?.ok) return (await response.json()).answer;
    await pause(seconds * 1000, signal);
    if (signal.aborted) return null;
  }
  return null;
}

/** pause ends early when the device is on line again. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}
