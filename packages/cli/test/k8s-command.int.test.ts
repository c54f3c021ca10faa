import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))
const manifests = fileURLToPath(new URL('fixtures/manifests.yaml', import.meta.url))
const good = readFileSync(manifests, 'utf8')

function lint(args: readonly string[], { input = '', cwd = folder() } = {}) {
  const command = ['--conditions=keelson-source', bin, 'k8s', 'lint', ...args]
  return spawnSync(process.execPath, command, { input, cwd, encoding: 'utf8' })
}

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'keelson-k8s-'))
}

describe('keelson k8s lint', () => {
  it('ends with 0 when nothing is wrong, from a file and from standard input', () => {
    expect(lint([manifests])).toMatchObject({ status: 0, stderr: '' })
    expect(lint(['-'], { input: good })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('7 objects'),
    })
  })

  it('ends with 1 and the place of each finding, and writes both reports', () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'all.yaml'), good.replace('delivery:1.4.0', 'delivery:latest'))
    const reports = ['--report', 'junit=out/k8s.xml', '--report', 'sarif=out/k8s.sarif']
    const { status, stdout } = lint([...reports, 'all.yaml'], { cwd })
    expect(status).toBe(1)
    expect(stdout).toContain('image.tag')
    expect(stdout).toContain('all.yaml:1 Deployment/delivery')
    expect(readFileSync(join(cwd, 'out/k8s.xml'), 'utf8')).toContain('failures="1"')
    const { runs } = JSON.parse(readFileSync(join(cwd, 'out/k8s.sarif'), 'utf8'))
    expect(runs[0].results).toMatchObject([
      {
        ruleId: 'image.tag',
        locations: [
          { physicalLocation: { artifactLocation: { uri: 'all.yaml' }, region: { startLine: 1 } } },
        ],
      },
    ])
  })

  it('takes waivers from keelson.k8s.json, and counts warnings', () => {
    const cwd = folder()
    const waivers = [{ id: 'image.tag', reason: 'the registry is being moved', until: '9999-12-31' }]
    writeFileSync(join(cwd, 'keelson.k8s.json'), JSON.stringify({ waivers }))
    expect(lint(['-'], { cwd, input: good.replace('delivery:1.4.0', 'delivery') }).status).toBe(0)
    const warned = good.replace('enableServiceLinks: false', 'enableServiceLinks: true')
    expect(lint(['-'], { input: warned }).status).toBe(0)
    expect(lint(['--max-warnings', '0', '-'], { input: warned }).status).toBe(1)
  })

  it.each([
    [[]],
    [['absent.yaml']],
    [['--skip', 'image.tag', '-']],
    [['--skip', 'nothing=because', '-']],
    [['--report', 'html=x', '-']],
    [['--waivers', 'absent.json', '-']],
    [['--explain', 'nothing']],
  ])('ends with 2 for %j', (args) => {
    expect(lint(args).status).toBe(2)
  })

  it('lists and explains its rules', () => {
    expect(lint(['--list']).stdout.split('\n').length).toBeGreaterThan(25)
    expect(lint(['--explain', 'pod.grace']).stdout).toMatch(/why .*\nremedy /)
  })
})
