// Where the server stands, below a path perhaps, and how the page asks it and keeps things, in a frame of another website
// perhaps. Every address that the script makes and every request goes through here.

const meta = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name=${name}]`);

/** basePath is "" or like "/seminar". */
const basePath = (meta("base")?.content ?? "/").replace(/\/$/, "");

/** site is the origin of the website that frames this page; empty where none does. */
export const site = meta("embed")?.content ?? "";
let token = meta("embed")?.dataset.token ?? "";

/** at is the address of a path of ours. */
export const at = (path: string) => basePath + path;

/** call asks a path of ours. In a frame the request carries the website's token, which is renewed where it has expired. */
export async function call(path: string, init: RequestInit = {}): Promise<Response> {
  if (!site) return fetch(at(path), init);
  const send = () => fetch(at(path), { ...init, headers: { ...(init.headers as Record<string, string>), "X-Osmanthus-Token": token } });
  const response = await send();
  if (response.status !== 401 || !(await renew())) return response;
  return send();
}

async function renew(): Promise<boolean> {
  const response = await fetch(at("/api/embed"), { method: "POST", body: JSON.stringify({ token }) });
  if (response.ok) token = (await response.json()).token;
  return response.ok;
}

/** kept names what a browser keeps for us: two servers below one origin have each their own. */
export const kept = (name: string) => "osmanthus." + name + (basePath && ":" + basePath);

const memory = new Map<string, string>();
const inMemory = {
  getItem: (name: string) => memory.get(name) ?? null,
  setItem: (name: string, value: string) => void memory.set(name, value),
  removeItem: (name: string) => void memory.delete(name),
};

/** store is where the conversation is kept: for the tab, but in a frame, where browsers give no storage, for the page. */
export const store = () => (site ? inMemory : sessionStorage);

/** ours says whether an address is one of the reader: no answer leads anywhere else. */
export const ours = (url: string) => url.startsWith(at("/d/")) && /^\d/.test(url.slice(at("/d/").length));
