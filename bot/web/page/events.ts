// Server-sent events read from a response of fetch: EventSource can only GET.

export interface StreamEvent {
  type: string;
  data: string;
}

/** parser takes pieces of a stream, cut anywhere, and gives each event that they complete. */
export function parser(give: (e: StreamEvent) => void): (piece: string) => void {
  let rest = "";
  let type = "";
  let data: string[] = [];
  return (piece) => {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    for (let line of lines) {
      if (line.endsWith("\r")) line = line.slice(0, -1);
      if (line === "") {
        if (data.length) give({ type: type || "message", data: data.join("\n") });
        type = "";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") type = value;
      if (field === "data") data.push(value);
    }
  };
}

/** read gives every event of the body. It throws when nothing at all comes for the time of its patience. */
export async function read(body: ReadableStream<Uint8Array>, patience: number, give: (e: StreamEvent) => void): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parse = parser(give);
  for (;;) {
    let timer = 0;
    const silence = new Promise<never>((_, reject) => {
      timer = window.setTimeout(() => reject(new Error("silence")), patience);
    });
    try {
      const { done, value } = await Promise.race([reader.read(), silence]);
      if (done) return;
      parse(decoder.decode(value, { stream: true }));
    } catch (err) {
      void reader.cancel().catch(() => {});
      throw err;
    } finally {
      clearTimeout(timer);
    }
  }
}
