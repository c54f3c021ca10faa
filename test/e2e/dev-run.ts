import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess, type TestProcess } from '@keelson/testing'
import { chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { repositoryRoot } from '../../scripts/repository.ts'

/** `keelson dev` with its page in a real browser. */
export interface DevRun extends AsyncDisposable {
  readonly command: TestProcess
  /** Address of the page, token included. */
  readonly pageUrl: string
  /** Address of a service, by its name. */
  url(service: string): string
  /** Address of its operations endpoints. */
  opsUrl(service: string): string
  /** Opens the page at a size, in a browser that knows nothing yet. */
  open(width: number): Promise<OpenPage>
}

/** The page, with what went wrong in it. */
export interface OpenPage {
  readonly page: Page
  /** Errors of scripts, and whatever the browser complained about: a forbidden script, a file that is missing. */
  readonly complaints: readonly string[]
}

/** Bound for what should come soon, in milliseconds: for hangs, not an expectation. */
const patienceMs = 60_000

const browserArguments =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'

/**
 * Starts `keelson dev` from the sources and waits until its services are up.
 *
 * @param services folders, relative to the repository
 * @param browserPath of Chromium
 */
export async function startDevRun(services: readonly string[], browserPath: string): Promise<DevRun> {
  const port = 10_000 + randomInt(1_000) * 20
  const command = startProcess({
    command: [
      process.execPath,
      '--conditions=keelson-source',
      join(repositoryRoot, 'packages/cli/src/bin.ts'),
      'dev',
      ...services,
    ],
    cwd: repositoryRoot,
    // Runs of other tests look for free ports at the same time: each begins elsewhere.
    env: { PORT: String(port), OPS_PORT: String(port + 10) },
    patienceMs,
  })
  const folder = mkdtempSync(join(tmpdir(), 'keelson-browser-'))
  const contexts: { close(): Promise<void> }[] = []
  const dispose = async () => {
    await Promise.all(contexts.map((context) => context.close()))
    rmSync(folder, { recursive: true, force: true })
    command.signal('SIGINT')
    await command.exited().catch(() => {})
    await command[Symbol.asyncDispose]()
  }
  let line = ''
  try {
    line = await command.line((one) => one.includes('page http://'), 'the address of the page')
    await command.line((one) => / up after /.test(one), 'the services')
  } catch (error) {
    await dispose()
    throw error
  }
  const addressesOf = (service: string): readonly string[] => {
    const found = command.stdout.find((one) => one.includes(`${service} `) && one.includes('operations'))
    return found?.match(/http:\/\/\S+/g) ?? []
  }
  const pageUrl = /page (\S+)/.exec(line)?.[1] ?? ''
  return {
    command,
    pageUrl,
    url: (service) => addressesOf(service)[0] ?? '',
    opsUrl: (service) => addressesOf(service)[1] ?? '',
    async open(width) {
      const context = await chromium.launchPersistentContext(join(folder, String(contexts.length)), {
        executablePath: browserPath,
        args: browserArguments.split(' '),
        viewport: { width, height: 800 },
        timeout: patienceMs,
      })
      context.setDefaultTimeout(patienceMs)
      contexts.push(context)
      // A browser each: those of the tests before would have the processor with it.
      onTestFinished(() => context.close())
      const page = context.pages()[0] ?? (await context.newPage())
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text())
      })
      await page.goto(pageUrl)
      return { page, complaints }
    },
    [Symbol.asyncDispose]: dispose,
  }
}
