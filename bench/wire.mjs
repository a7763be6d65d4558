// HTTP over kept connections with no more than a shopper's browser would send: what this program
// costs is taken from the cores that it measures.

import { connect } from "node:net";

/** No more connections to one port at once; who comes then waits in line. */
const MOST = 16;
const ports = new Map();

/** One request; several may be under way at once, each on a connection of its own. Answers with status, headers, body. */
export function exchange(port, method, path, headers, body = "") {
  return new Promise((resolve, reject) => {
    const at = ports.get(port) ?? ports.set(port, { idle: [], open: 0, waiting: [] }).get(port);
    const ask = (line) => line.ask(head(port, method, path, headers) + body, resolve, reject);
    if (at.idle.length > 0) ask(at.idle.pop());
    else if (at.open < MOST) ask(new Line(port, at));
    else at.waiting.push(ask);
  });
}

function head(port, method, path, headers) {
  let text = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n`;
  for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
  return `${text}\r\n`;
}

/** A connection, and what has come of the answer that is waited for. */
class Line {
  constructor(port, at) {
    this.at = at;
    at.open += 1;
    this.socket = connect({ host: "127.0.0.1", port, noDelay: true });
    this.socket.on("data", (part) => this.hear(part));
    this.socket.on("error", (e) => this.fail(e));
    this.socket.on("close", () => this.close(port));
  }

  ask(text, resolve, reject) {
    Object.assign(this, { resolve, reject, heard: null });
    this.socket.ref();
    this.socket.write(text);
  }

  hear(part) {
    this.heard = this.heard ? Buffer.concat([this.heard, part]) : part;
    const answer = read(this.heard);
    if (!answer) return;
    const { resolve } = this;
    Object.assign(this, { resolve: null, reject: null, heard: null });
    resolve(answer);
    if (answer.headers.connection === "close") this.socket.destroy();
    else this.rest();
  }

  /** Free for the next one. */
  rest() {
    const next = this.at.waiting.shift();
    if (next) return next(this);
    this.socket.unref();
    this.at.idle.push(this);
  }

  fail(error) {
    this.reject?.(error);
    this.reject = null;
  }

  close(port) {
    this.fail(new Error("the connection was closed"));
    this.at.open -= 1;
    this.at.idle = this.at.idle.filter((line) => line !== this);
    this.at.waiting.shift()?.(new Line(port, this.at));
  }
}

/** An answer that is there in full, or nothing yet. */
function read(heard) {
  const end = heard.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [first, ...lines] = heard.latin1Slice(0, end).split("\r\n");
  const status = Number(first.slice(9, 12));
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "set-cookie") (headers[name] ??= []).push(value);
    else headers[name] = value;
  }
  const body = headers["transfer-encoding"] === "chunked" ? joined(heard, end + 4) : cut(heard, end + 4, status, headers);
  return body && { status, headers, body };
}

function cut(heard, from, status, headers) {
  const length = status === 204 || status === 304 ? 0 : Number(headers["content-length"] ?? 0);
  return heard.length < from + length ? null : heard.subarray(from, from + length);
}

function joined(heard, from) {
  const parts = [];
  for (let at = from; ;) {
    const end = heard.indexOf("\r\n", at);
    if (end < 0) return null;
    const length = parseInt(heard.latin1Slice(at, end), 16);
    if (heard.length < end + 2 + length + 2) return null;
    if (length === 0) return Buffer.concat(parts);
    parts.push(heard.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
}
