// Conversations kept on this device and nowhere else, the newest first. Where storage is off or full the page works without.

import type { Answer } from "./answer";
import { kept as named, site, store } from "./base";

export interface Turn {
  question: string;
  answer: Answer;
  state?: "stopped" | "cut"; // what there is of the answer is not all: the asker pressed stop, or the connection broke
}

export interface Conversation {
  id: string; // on this device
  held: string; // what the server knows it by; it forgets after a day
  at: number; // of its last question, in milliseconds
  turns: Turn[];
}

const storage = named("conversations");
const currentStorage = named("current");
/** shelf outlives the tab; in a frame there is only the page's own. */
const shelf = () => (site ? store() : localStorage);
/** Some megabytes are all that browsers give: these are a few hundred kilobytes. */
const mostConversations = 30;
const mostTurns = 20;

export function start(): Conversation {
  return { id: `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`, held: "", at: Date.now(), turns: [] };
}

export function all(): Conversation[] {
  try {
    const kept = JSON.parse(shelf().getItem(storage) || "[]");
    return kept.filter((c: Conversation) => c.id && Array.isArray(c.turns) && c.turns.length > 0);
  } catch {
    return [];
  }
}

function write(kept: Conversation[]): void {
  while (true) {
    try {
      shelf().setItem(storage, JSON.stringify(kept));
      return;
    } catch {
      if (kept.length <= 1) return;
      kept = kept.slice(0, Math.floor(kept.length / 2));
    }
  }
}

/** save puts a conversation first. Another tab may have kept others meanwhile. */
export function save(c: Conversation): void {
  c.turns = c.turns.slice(-mostTurns);
  const others = all().filter((o) => o.id !== c.id);
  write((c.turns.length ? [c, ...others] : others).slice(0, mostConversations));
}

export const has = (id: string) => all().some((c) => c.id === id);

export function remove(id: string): void {
  write(all().filter((c) => c.id !== id));
}

export function removeAll(): void {
  try {
    shelf().removeItem(storage);
  } catch {
    // nothing is kept where nothing can be
  }
}

/** current is the conversation that this tab shows, so that coming back from a document finds it again. */
export function current(): Conversation | undefined {
  try {
    const id = store().getItem(currentStorage);
    return all().find((c) => c.id === id);
  } catch {
    return undefined;
  }
}

export function setCurrent(id: string): void {
  try {
    store().setItem(currentStorage, id);
  } catch {
    // see above
  }
}
