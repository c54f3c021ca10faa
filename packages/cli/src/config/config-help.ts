/** Text of `keelson config --help`. */
export const configHelp = `keelson config print [--json]
keelson config explain KEY [--json]
keelson config check [ENV…] [--strict]
keelson config diff ENV ENV [--json]
keelson config docs [--format NAME] [--out FILE [--check]]
keelson config set KEY VALUE [--shared] [--ttl TIME]
keelson config import FILE [--shared]

Looks at the configuration of the service in this folder without starting it, and writes to etcd. The keys are those of
the service's definition and of the keelson that it uses.

  print      every key with its value and where that comes from, as the service would see it here and now
  explain    one key: its winner, what every layer holds, its names, its documentation
  check      the files of each environment (config/<env>.json), offline; keys that only the environment can set are
             listed, and are faults with --strict
  diff       what differs between two environments by their files
  docs       documentation from the schema: markdown (default), json-schema, env-example, kubernetes, etcdctl; and keys, the
             file that keelson k8s lint --keys reads
  set        checks one value against the schema and writes it to etcd; with --ttl it goes away by itself
  import     the same for every leaf of a JSON file, in one transaction for each 100 keys

  --service FILE   module that exports the definition (src/service.ts and the like)
  --env NAME       the environment, as APP_ENV
  --offline        without etcd
  --set KEY=VALUE  as an argument of the service
  --endpoints URL  etcd to write to (etcd.endpoints of the service)
  --user NAME      user of etcd; its password is taken from ETCD_PASSWORD
  --ca-file, --cert-file, --key-file FILE   TLS (etcd.tls of the service)

Secrets are never shown. Exit codes: 0 well, 1 faults or a difference, 2 wrong command line or definition, 3 etcd not
reached or unwilling, 4 internal error, 130 and 143 interrupted.

  keelson config check
  keelson config explain db.pool.maxSize --env production
  keelson config docs --out docs/configuration.md --check
  keelson config set log.level debug --ttl 30m --env production
`
