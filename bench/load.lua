-- Load for wrk, the same for every line of the table: requests made ready beforehand, each from
-- an address of its own. Arguments: a file of targets (path, tab, cookie) and the thread's seed.

local ADDRESSES = 20000
local BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
local ready, at = {}, 0
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local function address()
  return string.format("%d.%d.%d.%d", math.random(11, 120), math.random(0, 255), math.random(0, 255), math.random(1, 254))
end

local function headers(cookie, starts_a_visit)
  local all = {
    ["Host"] = wrk.host .. ":" .. wrk.port,
    ["User-Agent"] = BROWSER,
    ["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ["Accept-Language"] = "en-IE,en;q=0.5",
    ["Accept-Encoding"] = "gzip, br",
    ["X-Forwarded-For"] = address(),
  }
  -- One page in five is somebody's first; to the others they come from a page of ours.
  if not starts_a_visit then all["Referer"] = "http://" .. all["Host"] .. "/" end
  if cookie ~= "" then all["Cookie"] = cookie end
  return all
end

function init(args)
  math.randomseed(number * 7919)
  local targets = {}
  for line in io.lines(args[1]) do
    local path, cookie = line:match("^([^\t]+)\t?(.*)$")
    targets[#targets + 1] = { path, cookie }
  end
  -- Each thread begins elsewhere, so that the two do not walk in step.
  local first = number == 1 and 0 or math.floor(#targets / 2)
  for i = 1, math.max(ADDRESSES, #targets) do
    local target = targets[(first + i) % #targets + 1]
    ready[i] = wrk.format("GET", target[1], headers(target[2], i % 5 == 0))
  end
end

function request()
  at = at % #ready + 1
  return ready[at]
end

function done(summary, latency)
  local bad = summary.errors
  io.write(string.format(
    "\nJSON {\"requests\":%d,\"seconds\":%f,\"refused\":%d,\"broken\":%d,\"p50\":%f,\"p99\":%f,\"bytes\":%d}\n",
    summary.requests, summary.duration / 1e6, bad.status, bad.connect + bad.read + bad.write + bad.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, summary.bytes))
end
