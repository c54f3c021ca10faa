import type { CommandEntry } from './command.ts'

/** Every subcommand, in the order of `keelson --help`. A new one is one line here and one file. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'verify',
    summary: 'check the operational contract of a running service, or of one that it starts',
    load: async () => (await import('./verify/verify-command.ts')).command,
  },
  {
    name: 'config',
    summary: 'print, explain, check, compare, document and set the configuration of a service',
    load: async () => (await import('./config/config-command.ts')).command,
  },
  {
    name: 'k8s',
    summary: 'check Kubernetes manifests, and write them from the facts of a service',
    load: async () => (await import('./k8s/k8s-command.ts')).command,
  },
  {
    name: 'observability',
    summary: 'write board, alert rules with their tests, runbooks and log formats for a service',
    load: async () => (await import('./observability/observability-command.ts')).command,
  },
  {
    name: 'dev',
    summary: 'run services on this machine, with restart on change and one page that shows them',
    load: async () => (await import('./dev/dev-command.ts')).command,
  },
  {
    name: 'update',
    summary: 'bring a service to a newer version of the template that it was made from',
    load: async () => (await import('./update/update-command.ts')).command,
  },
  {
    name: 'pretty',
    summary: 'turn the log lines of a service into text for people: node main.js | keelson pretty',
    load: async () => (await import('./pretty/pretty-command.ts')).command,
  },
]
