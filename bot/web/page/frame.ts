// What the chat's page does besides, in a frame of another website: it tells the website's script (embed.ts) when it is
// ready, how tall it would like to be and when Escape asks to close, and hears when it is opened. Both sides hear only
// the other window, at the one origin that the server has checked.

import { site } from "./base";

const host = window.parent;
if (site && host !== window) {
  const tell = (message: Record<string, unknown>) => host.postMessage({ osmanthus: 1, ...message }, site);
  const box = document.getElementById("question");
  const main = document.querySelector("main")!;

  window.addEventListener("message", (e) => {
    if (e.source === host && e.origin === site && e.data?.osmanthus === 1 && e.data.type === "open") box?.focus();
  });

  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape" || e.isComposing || e.keyCode === 229) return; // Escape ends a composition first
    if (document.querySelector("[aria-busy=true]") || document.querySelector("dialog[open]")) return; // it is for these
    tell({ type: "close" });
  });

  // Links lead out of the frame, but for those that stay on this page or change its language.
  for (const a of document.querySelectorAll('a[href^="#"], a[hreflang]')) a.setAttribute("target", "_self");

  /** boxes are what takes room of an element: itself, or what is in it. */
  const boxes = (e: Element): Element[] => (getComputedStyle(e).display === "contents" ? [...e.children].flatMap(boxes) : [e]);

  const measure = () => {
    const around = [...document.body.children].filter((e) => e !== main).flatMap(boxes).reduce((sum, e) => sum + (e.checkVisibility() ? e.getBoundingClientRect().height : 0), 0);
    const top = main.getBoundingClientRect().top;
    const content = [...main.children].reduce((most, e) => Math.max(most, e.getBoundingClientRect().bottom - top), 0);
    tell({ type: "size", height: Math.ceil(around + content) + 24 });
  };
  const sizes = new ResizeObserver(measure);
  for (const e of [...main.children, ...document.body.children]) sizes.observe(e);

  tell({ type: "ready" });
}
