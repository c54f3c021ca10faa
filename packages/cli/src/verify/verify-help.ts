/** Text of `keelson verify --help`. */
export const verifyHelp = `keelson verify [options] <url>
keelson verify [options] -- <command…>
keelson verify [options] --image <name>

Checks what operations expect of a service: probes, request ids, metrics, security; and, when the command starts the
service itself, its start, its logs, and its stop under load: how many requests are lost.

A started service is handed free ports in PORT and OPS_PORT, and HOST=127.0.0.1; {port} and {opsPort} are replaced in the
command. It is started up to three times: for the whole run, for a second signal, for a wrong configuration; with --leak
once more.

  --contract FILE        what to expect (keelson.contract.json, if there is one)
  --profile NAME         keelson (default), or generic for services that are not built with it
  --port N, --ops-port N ports that the service really uses; behind a URL --ops-port is 8081 with profile keelson
  --path NAME=/PATH      where something is: sample, liveness, readiness, metrics, slow, error; none where it is not
  --ready-timeout TIME   longest wait for readiness (30s)
  --grace TIME           longest time from SIGTERM to the exit (30s)
  --leak                 start it once more under its memory limit and leak until it ends: limits.leak
  --memory SIZE          the memory limit, such as 256Mi; with --leak 512Mi, if nothing is said
  --only ID[,ID]         judge only these checks or groups
  --skip ID=REASON       leave a check out, and say why
  --max-warnings N       more warnings than that are a failure
  --report FORMAT=FILE   junit, json, tap, sarif or html; as often as wanted
  --list                 all checks
  --explain ID           why a check is there, and what to do when it fails

Exit codes: 0 the contract holds, 1 it is broken, 2 wrong command line or contract file, 3 the service could not be reached
or started, 4 internal error, 130 and 143 interrupted.

  keelson verify --report junit=verify.xml --report html=verify.html -- node dist/main.js
  keelson verify --profile generic --path liveness=/-/healthy --path readiness=/-/ready http://localhost:9090
`
