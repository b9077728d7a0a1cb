// Addresses of this server. What is asked of it goes through call, which knows where it stands.

import { at } from "./base";

export { ours } from "./base";

export const answerPage = (id: string) => at("/a/") + encodeURIComponent(id);

/** whole is an address as it is given to others. */
export const whole = (address: string) => new URL(address, location.href).href;

// Of the API, for call.
export const asking = "/api/ask";
export const judging = "/api/feedback";
export const answerGiven = (id: string) => "/api/answers/" + encodeURIComponent(id);
/** An answer under way is finished without this page, or ended at once. */
export const answerKept = (id: string) => answerGiven(id) + "/keep";
export const answerStopped = (id: string) => answerGiven(id) + "/stop";
export const conversationKept = (id: string) => "/api/conversations/" + encodeURIComponent(id);
