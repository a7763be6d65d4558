// A shop of our own: the binary with its demo data, in a folder that goes away afterwards.

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { newFolder } from "./folder.js";

const built = fileURLToPath(new URL("../../../target/release/smartshop", import.meta.url));
export const BINARY = process.env.SMARTSHOP_BINARY ?? built;

// A test is one impatient visitor: the limits that hold off such visitors are widened.
const WIDE_LIMITS = {
  SMARTSHOP_REQUESTS_PER_SECOND: "10000",
  SMARTSHOP_REQUESTS_AT_ONCE: "10000",
  SMARTSHOP_WRITES_PER_MINUTE: "100000",
  SMARTSHOP_WRITES_AT_ONCE: "10000",
};
const PATIENCE_MS = 60_000;
const LOG_LINES = 25;

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

export class Shop {
  /** Starts a shop and waits until it is ready to serve. `settings` are variables besides the usual ones. */
  static async open(settings = {}) {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is not there. Build it (cargo build --release), or set SMARTSHOP_BINARY.`);
    const shop = new Shop();
    shop.settings = settings;
    shop.folder = await newFolder();
    shop.port = await freePort();
    shop.address = `http://127.0.0.1:${shop.port}`;
    shop.log = [];
    try {
      await shop.start();
    } catch (e) {
      await shop.close();
      throw e;
    }
    return shop;
  }

  get environment() {
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SMARTSHOP_")));
    return { ...clean, ...WIDE_LIMITS, SMARTSHOP_DATA_DIR: join(this.folder, "data"), SMARTSHOP_LISTEN: `127.0.0.1:${this.port}`, ...this.settings };
  }

  async start() {
    const child = spawn(BINARY, ["serve", "--demo"], { cwd: this.folder, env: this.environment, stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    this.ended = new Promise((resolve) => child.on("close", resolve));
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => this.log.push(text));
    await this.untilReady();
  }

  async untilReady() {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
      if (this.child.exitCode !== null) throw new Error(`the shop ended by itself:\n${this.lastWords()}`);
      const answer = await fetch(`${this.address}/readyz`).catch(() => null);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the shop was not ready after ${PATIENCE_MS / 1000} s:\n${this.lastWords()}`);
  }

  /** As a power cut would: no goodbye. The data stays. */
  async kill() {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  async close() {
    if (this.child && this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill("SIGTERM");
      await this.ended;
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** What a clerk does from the shell, such as `import products -`, while the shop is open. */
  command(args, input = "") {
    const { status, stdout, stderr } = spawnSync(BINARY, args, { cwd: this.folder, env: this.environment, input, encoding: "utf8" });
    if (status !== 0) throw new Error(`smartshop ${args.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  }

  /** What somebody does who has the keys to the database: one statement, straight in it. */
  sql(statement) {
    const socket = join(this.folder, "data", "postgres", "run");
    const asked = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", socket, "-U", "smartshop_owner", "-d", "smartshop", "-c", statement];
    const { status, stdout, stderr, error } = spawnSync("psql", asked, { encoding: "utf8", env: { ...process.env, LC_ALL: "C.UTF-8" } });
    if (status !== 0) throw new Error(`psql: ${statement}: ${error ?? ""}${stdout}${stderr}`);
    return stdout.trim();
  }

  lastWords() {
    return this.log.join("").trimEnd().split("\n").filter((line) => !line.includes(" /assets/")).slice(-LOG_LINES).join("\n");
  }
}
