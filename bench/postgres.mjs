// One private Postgres for all shops of the bench, kept below bench/data between runs.

import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { until } from "./shared.mjs";

const SETTINGS = {
  listen_addresses: "", shared_buffers: "512MB", max_connections: 100, synchronous_commit: "on",
  max_wal_size: "2GB", log_min_messages: "panic", cluster_name: "smartshop-bench",
  track_commit_timestamp: "on",
};

function binaries() {
  const packaged = "/usr/lib/postgresql";
  const versions = existsSync(packaged) ? readdirSync(packaged).sort((a, b) => b - a) : [];
  const folders = [...versions.map((v) => join(packaged, v, "bin")), ...process.env.PATH.split(":")];
  const found = folders.find((f) => existsSync(join(f, "initdb")));
  if (!found) throw new Error("no Postgres server programs here: apt-get install postgresql");
  return found;
}

/** Postgres refuses to run as root: root steps down to the user that Debian's package makes. */
function stepDown(signal) {
  const root = userInfo().uid === 0;
  const user = root ? ["--reuid=postgres", "--regid=postgres", "--init-groups"] : [];
  return ["setpriv", ...user, ...(signal ? ["--pdeathsig", signal] : []), "--"];
}

function own(path) {
  if (userInfo().uid !== 0) return;
  const id = (flag) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  chownSync(path, id("-u"), id("-g"));
}

export async function startPostgres(folder) {
  const bin = binaries();
  const data = join(folder, "postgres");
  const socket = mkdtempSync(join(tmpdir(), "bench-pg-"));
  own(socket);
  if (!existsSync(join(data, "PG_VERSION"))) {
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data, { recursive: true, mode: 0o700 });
    own(data);
    const [program, ...rest] = stepDown();
    const init = [join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"];
    execFileSync(program, [...rest, ...init], { cwd: "/", stdio: ["ignore", "ignore", "inherit"] });
  }
  const options = Object.entries({ ...SETTINGS, unix_socket_directories: socket });
  const [program, ...rest] = stepDown("INT");
  const server = spawn(
    program,
    [...rest, join(bin, "postgres"), "-D", data, ...options.flatMap(([k, v]) => ["-c", `${k}=${v}`])],
    { cwd: "/", stdio: ["ignore", "ignore", "inherit"], detached: true },
  );
  let over = false;
  const ended = new Promise((resolve) => server.on("exit", () => { over = true; resolve(); }));
  const sql = (database, text) =>
    execFileSync(join(bin, "psql"), ["-XAtq", "-v", "ON_ERROR_STOP=1", "-h", socket, "-U", "postgres", "-d", database, "-c", text],
      { cwd: "/", encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] }).trim();
  const answers = () => {
    if (over) throw new Error(`the bench's Postgres ended at once; does another run use ${data}?`);
    try { return sql("postgres", "SELECT 1") === "1"; } catch { return false; }
  };
  await until(30_000, 50, answers, () => `the bench's Postgres in ${data} did not start`);
  /** Runs a script over and over with eight clients; answers with transactions of the script a second. */
  const pgbench = (database, file, seconds, values = {}) => {
    const given = Object.entries(values).flatMap(([name, value]) => ["-D", `${name}=${value}`]);
    const out = execFileSync(join(bin, "pgbench"),
      ["-n", "-M", "prepared", "-c", "8", "-j", "2", "-T", String(seconds), ...given, "-f", file, "-h", socket, "-U", "postgres", database],
      { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    const failed = Number(out.match(/number of failed transactions: (\d+)/)?.[1] ?? 0);
    if (failed > 0) throw new Error(`pgbench: ${failed} transactions failed`);
    return Number(out.match(/tps = ([\d.]+)/)[1]);
  };
  return {
    sql,
    pgbench,
    url: (database) => `postgres://postgres@/${database}?host=${encodeURIComponent(socket)}`,
    databases: () => sql("postgres", "SELECT datname FROM pg_database").split("\n"),
    stop: async () => {
      server.kill("SIGINT");
      await ended;
      rmSync(socket, { recursive: true, force: true });
    },
  };
}
