// Where a shop of our own keeps its things: in memory, where there is plenty of it.
//
// Each test file opens shops, and each shop a Postgres with hundreds of small files that nobody needs afterwards.

import { readdirSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMORY = "/dev/shm";
const PREFIX = "smartshop-browser-";
/** In bytes, and far more than the shops of a run take. */
const PLENTY = 4 * 1024 ** 3;

const bytesFree = () => {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    const available = readFileSync("/proc/meminfo", "utf8").match(/^MemAvailable:\s+(\d+) kB/m);
    return Math.min(bavail * bsize, Number(available?.[1] ?? 0) * 1024);
  } catch {
    return 0; // not a system that has it
  }
};

const isOver = (pid) => {
  try {
    process.kill(pid, 0);
    return false;
  } catch (e) {
    return e.code === "ESRCH";
  }
};

/** What a run has left behind that was cut off. */
function sweepUp(folder) {
  for (const name of readdirSync(folder).filter((n) => n.startsWith(PREFIX))) {
    const pid = name.slice(PREFIX.length).split("-")[0];
    if (/^\d+$/.test(pid) && isOver(Number(pid))) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** A new folder, which the private Postgres may enter: it runs as somebody else. */
export async function newFolder() {
  const home = bytesFree() > PLENTY ? MEMORY : tmpdir();
  sweepUp(home);
  const folder = await mkdtemp(join(home, `${PREFIX}${process.pid}-`));
  await chmod(folder, 0o755);
  return folder;
}
