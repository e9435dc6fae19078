-- wrk: asks the addresses of a file in turn; a line may name an ETag behind a tab; tells what was counted as JSON
local asked, number = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, tag = line:match("^([^\t]*)\t(.*)$")
    local headers = {}
    for name, value in pairs(wrk.headers) do headers[name] = value end
    if tag then headers["If-None-Match"] = tag end
    asked[#asked + 1] = wrk.format("GET", path or line, headers)
  end
end

function request()
  number = number % #asked + 1
  return asked[number]
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('{"answers": %d, "failed": %d, "seconds": %f}\n',
    summary.requests, failed, summary.duration / 1e6))
end
