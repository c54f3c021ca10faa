/** Text of `keelson dev --help`. */
export const devHelp = `keelson dev [options] [folder | file …]

Runs one or more services on this machine, without containers: starts each anew when its sources or configuration change,
shows their log lines for people, and serves a page with logs, metrics, probes, configuration and dependencies. Without a
folder it runs the service of the working directory. name=folder gives a service another name.

  --etcd start        start the etcd that is found on PATH, with its data in a temporary folder, for this run
  --etcd <url>        use this etcd
  --page-port <port>  port of the page (any free one)
  --watch <path>      a further folder or file whose changes restart all services; may stand more than once

A service keeps its ports where they are free, and is given the next ones in PORT and OPS_PORT elsewhere. Whoever calls a
service of the run by its name finds it: <NAME>_URL is set unless it is already. Everything listens on 127.0.0.1.

A service that ends by itself before it was ready waits for a change; one that ends later is started again after 1, 2,
4 … 30 seconds, five times, and then waits too.

Ctrl-C stops the services in order, callers first; once more ends everything at once.

Does not run where NODE_ENV or APP_ENV is production.

Exit codes: 2 wrong command line, or production · 3 no etcd · 130, 143 after SIGINT and SIGTERM.

Examples
  keelson dev
  keelson dev services/catalog services/delivery
  keelson dev --etcd start --watch packages/shared services/*
`
