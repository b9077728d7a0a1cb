// Where the server stands: below a path, perhaps. Every address that the script makes goes through here.

/** basePath is "" or like "/seminar". */
const basePath = (document.querySelector<HTMLMetaElement>("meta[name=base]")?.content ?? "/").replace(/\/$/, "");

/** at is the address of a path of ours. */
export const at = (path: string) => basePath + path;

/** call asks a path of ours. */
export const call = (path: string, init?: RequestInit) => fetch(at(path), init);

/** kept names what a browser keeps for us: two servers below one origin have each their own. */
export const kept = (name: string) => "osmanthus." + name + (basePath && ":" + basePath);

/** ours says whether an address is one of the reader: no answer leads anywhere else. */
export const ours = (url: string) => url.startsWith(at("/d/")) && /^\d/.test(url.slice(at("/d/").length));
