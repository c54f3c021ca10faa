/** Text of `keelson observability --help`. */
export const observabilityHelp = `keelson observability export [--out FOLDER] [--check]

Writes what watches the service in this folder: a board of Grafana with a row for each of its dependencies and a panel for
each metric of its own, recording and alert rules of Prometheus with tests for promtool, a page for each alert, the log
format of nginx, and snippets for Fluent Bit and Fluentd. Nothing is started: all of it is read from the service's definition.

  --service FILE   module that exports the definition (src/service.ts and the like)
  --out FOLDER     where the files go; those of the same name are replaced (default: observability)
  --job NAME       value of the label job of its targets in Prometheus (default: the name of the service)
  --runbooks URL   address of the folder of runbook pages that alerts link to (default: runbooks, beside the rules)
  --metrics PLACE  page of metrics of a running service, an address or a file: for metrics that its definition does not name
  --check          write nothing; say which files are not what would be written

Exit codes: 0 well, 1 files differ (--check) or a metric is named badly, 2 wrong command line or definition, 3 the page of
metrics could not be read, 4 internal error.

  keelson observability export
  keelson observability export --out infra --runbooks https://git.example/shop/delivery/infra/runbooks
  keelson observability export --metrics http://127.0.0.1:8081/metrics
  promtool test rules observability/rules/*.tests.yaml
`
