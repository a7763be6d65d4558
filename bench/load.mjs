// wrk at 16 keep-alive connections: the same load for every line of the table.

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask } from "./shop.mjs";

const WARM = 1;

/** `targets` are paths, each with a cookie or none. */
export function writeTargets(folder, name, targets) {
  const file = join(folder, `${name}.targets`);
  writeFileSync(file, targets.map(({ path, cookie = "" }) => `${path}\t${cookie}\n`).join(""));
  return file;
}

function wrk(port, file, seconds) {
  const script = join(import.meta.dirname, "load.lua");
  const args = ["-t2", "-c16", `-d${seconds}s`, "--timeout", "5s", "-s", script, `http://127.0.0.1:${port}`, "--", file];
  const child = spawn("wrk", args, { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  child.stdout.on("data", (part) => (out += part));
  child.stderr.on("data", (part) => (out += part));
  return new Promise((resolve, reject) => {
    child.on("error", () => reject(new Error("wrk is missing: apt-get install wrk")));
    child.on("exit", () => {
      const json = out.match(/^JSON (.*)$/m);
      json ? resolve(JSON.parse(json[1])) : reject(new Error(`wrk said: ${out}`));
    });
  });
}

/** Requests a second and latencies; anything but good answers is an error. */
export async function measure(name, server, file, seconds) {
  await wrk(server.port, file, WARM);
  const result = await wrk(server.port, file, seconds);
  if (result.refused || result.broken || !result.requests) {
    throw new Error(`${name}: of ${result.requests} requests ${result.refused} were refused and ${result.broken} failed`);
  }
  server.forgetLog();
  return { rate: result.requests / result.seconds, p50: result.p50, p99: result.p99, size: result.bytes / result.requests };
}

/** Looks at some of the answers outside the measured time: 200, gzip, and the page it should be. */
export async function check(name, server, targets, isRight) {
  for (let i = 0; i < 20; i++) {
    const { path, cookie = "" } = targets[Math.floor((i * targets.length) / 20)];
    const headers = { "x-forwarded-for": `192.0.2.${i + 1}`, ...(cookie && { cookie }) };
    const answer = await ask(server.port, path, { headers });
    if (answer.status !== 200 || !isRight(answer, path)) {
      throw new Error(`${name}: ${path} answered ${answer.status}, ${answer.gzip ? "gzip" : "plain"}: ${answer.text.slice(0, 300)}`);
    }
  }
}
