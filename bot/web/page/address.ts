// Addresses of this server: of pages as they stand in links, of the API as call takes them.

import { at } from "./base";

/** ours says whether an address is one of the reader: no answer leads anywhere else. */
export const ours = (url: string) => url.startsWith(at("/d/")) && /^\d/.test(url.slice(at("/d/").length));

export const answerPage = (id: string) => at("/a/") + encodeURIComponent(id);
export const answerGiven = (id: string) => "/api/answers/" + encodeURIComponent(id);
/** An answer under way is finished without this page, or ended at once. */
export const answerKept = (id: string) => answerGiven(id) + "/keep";
export const answerStopped = (id: string) => answerGiven(id) + "/stop";
export const conversationKept = (id: string) => "/api/conversations/" + encodeURIComponent(id);
export const asking = "/api/ask";
export const judging = "/api/feedback";

/** whole is an address as it is given to others. */
export const whole = (path: string) => new URL(path, location.href).href;
