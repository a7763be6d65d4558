// Programs under measurement: starting them, asking them, weighing them.

import { execFileSync, spawn } from "node:child_process";
import { openSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { sleep, until } from "./shared.mjs";
import { exchange } from "./wire.mjs";

const root = join(import.meta.dirname, "..");
export const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
export const program = process.env.SMARTSHOP_PROGRAM ?? join(target, "release/smartshop");

/** The environment of a shop: nothing of ours that could change a limit or a setting. */
export function environment(url, port) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("SMARTSHOP_"));
  return {
    ...Object.fromEntries(kept),
    SMARTSHOP_DATABASE_URL: url,
    SMARTSHOP_LISTEN: `127.0.0.1:${port}`,
    SMARTSHOP_TRUSTED_PROXIES: "127.0.0.1",
  };
}

/** Runs one command of the binary to its end, with what is typed into it. */
export function smartshop(url, ...args) {
  return typing("", url, ...args);
}

export function typing(input, url, ...args) {
  return execFileSync(program, args, { env: environment(url, 1), encoding: "utf8", input, stdio: ["pipe", "pipe", "pipe"] });
}

/** One request. Answers with status, headers, body as text, and whether it came as gzip. */
export async function ask(port, path, { method = "GET", headers = {}, form, json } = {}) {
  const all = { "accept-encoding": "gzip, br", ...headers };
  const sent = json ? JSON.stringify(json) : form && new URLSearchParams(form).toString();
  if (sent !== undefined) {
    const type = json ? "application/json" : "application/x-www-form-urlencoded";
    Object.assign(all, { "content-type": type, "content-length": Buffer.byteLength(sent) });
  }
  const { status, headers: heard, body } = await exchange(port, method, path, all, sent);
  const gzip = heard["content-encoding"] === "gzip";
  // Unpacked only for whoever reads it: what is not read is not this program's to work for.
  const answer = { status, headers: heard, gzip, bytes: body.length };
  Object.defineProperty(answer, "text", { get: () => (gzip ? gunzipSync(body) : body).toString("utf8") });
  return answer;
}

/** A server as a process of its own; its log goes to a file, as it would on a machine that serves. */
export function run(command, args, env, port, log) {
  const out = openSync(log, "w");
  const child = spawn(command, args, { env, stdio: ["ignore", "ignore", out] });
  let alive = true;
  const ended = new Promise((resolve) => child.on("exit", (code) => { alive = false; resolve(code); }));
  process.on("exit", () => alive && child.kill("SIGKILL"));
  return {
    port,
    pid: child.pid,
    alive: () => alive,
    log,
    /** Resident memory now, and the most it ever was, in MiB. */
    memory: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      const mib = (name) => Number(status.match(new RegExp(`${name}:\\s+(\\d+)`))[1]) / 1024;
      return { now: mib("VmRSS"), most: mib("VmHWM") };
    },
    forgetLog: () => truncateSync(log),
    stop: async () => { child.kill("SIGTERM"); await ended; },
  };
}

export async function openHello(port, folder) {
  const hello = run(join(target, "release/examples/hello"), [`127.0.0.1:${port}`], process.env, port, join(folder, "hello.log"));
  await until(5_000, 10, () => ask(port, "/").then((r) => r.status === 200, () => false), () => "the bare server did not start");
  return hello;
}

/** As few open files as many systems begin with: the shop has to ask for more by itself. */
const FEW_FILES = ["prlimit", "--nofile=1024:"];

/** Opens a shop. `firstAnswer` is the time from the start of the process to the first whole home page. */
export async function openShop(url, port, log, more = {}) {
  const began = performance.now();
  const [command, ...args] = [...FEW_FILES, program, "serve"];
  const shop = run(command, args, { ...environment(url, port), ...more }, port, log);
  let firstAnswer, answered = false;
  while (firstAnswer === undefined) {
    if (!shop.alive()) throw new Error(`the shop did not start; ${readFileSync(log, "utf8").slice(-600)}`);
    const home = await ask(port, "/").catch(() => null);
    if (home?.status === 200) {
      answered ||= performance.now() - began;
      if (home.text.includes('href="/d/bakery"')) firstAnswer = performance.now() - began;
    }
    if (firstAnswer === undefined) await sleep(2);
  }
  await until(60_000, 20, () => ask(port, "/readyz").then((r) => r.status === 200), () => "the shop did not become ready");
  return Object.assign(shop, { firstAnswer, anyAnswer: answered, ready: performance.now() - began });
}
