import { randomInt } from 'node:crypto'
import { requireServer } from '@keelson/testing'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type DevRun, startDevRun } from './dev-run.ts'

const browser = requireServer('chromium')

/** Request id of every line that is shown, empty for a line without one. */
function idsShown(page: Page): Promise<readonly string[]> {
  return page
    .locator('.line')
    .evaluateAll((rows) => rows.map((row) => row.querySelector('.id')?.textContent ?? ''))
}

describe.skipIf(!browser.available)('the page of keelson dev in a browser', () => {
  let run: DevRun
  const ask = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${run.url('delivery')}${path}`, { headers })

  beforeAll(async () => {
    const services = ['examples/video/catalog', 'examples/video/delivery', 'examples/minimal']
    run = await startDevRun(services, browser.path ?? '')
    // The first call of a service on a busy machine may take longer than its caller waits.
    await vi.waitFor(async () => expect(await (await ask('/videos/1')).text()).not.toContain('unknown'), {
      timeout: 30_000,
    })
  })
  afterAll(() => run[Symbol.asyncDispose]())

  it.each([1280, 400])('shows all services and the lines of one request at %d pixels', async (width) => {
    const { page, complaints } = await run.open(width)
    const id = `typed-${width}`
    expect((await ask('/videos/1', { 'x-request-id': id })).status).toBe(200)
    await page.locator('article.card').nth(2).waitFor()
    expect(await page.locator('article.card').count()).toBe(3)
    const typed = performance.now()
    await page.getByLabel('Request id').fill(id)
    // All lines of this request, and no others: the terminal has them, too.
    const written = () => run.command.stdout.filter((line) => line.includes(`request_id=${id}`)).length
    const isComplete = async () => {
      const shown = await idsShown(page)
      return shown.length > 0 && shown.length === written() && shown.every((one) => one === id)
    }
    await expect.poll(isComplete, { interval: 20, timeout: 20_000 }).toBe(true)
    const shownMs = Math.round(performance.now() - typed)
    process.stdout.write(`the lines of a request were shown ${shownMs} ms after its id was typed\n`)
    expect(new Set(await page.locator('.line .who').allTextContents())).toEqual(
      new Set(['catalog', 'delivery']),
    )
    // Only lists scroll, and the newest line is in sight.
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    expect(await page.evaluate('document.documentElement.scrollHeight - innerHeight')).toBeLessThanOrEqual(0)
    await page.getByRole('button', { name: 'clear' }).click()
    await expect.poll(() => idsShown(page).then((ids) => ids.length), { timeout: 20_000 }).toBeGreaterThan(8)
    const last = page.locator('.line').last()
    await expect.poll(async () => (await last.boundingBox())?.y ?? Infinity).toBeLessThan(800)
    expect(await page.evaluate('document.documentElement.scrollHeight - innerHeight')).toBeLessThanOrEqual(0)
    for (const name of ['catalog', 'delivery', 'example-minimal']) {
      await page.getByRole('tab', { name }).click()
      await page.getByRole('heading', { name: 'Memory' }).waitFor()
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    }
    expect(complaints).toEqual([])
  })

  it('takes the token out of the address, and asks for one that is missing or wrong', async () => {
    const { page } = await run.open(1280)
    await page.locator('article.card').first().waitFor()
    expect(page.url()).toMatch(/\/$/)
    expect(await page.context().cookies()).toEqual([])
    await page.reload()
    await page.locator('article.card').first().waitFor()
    const other = await page.context().newPage()
    await other.goto(page.url())
    await other.getByText('This page needs a token.').waitFor()
    await other.getByLabel('Token').fill('wrong')
    await other.getByRole('button', { name: 'Open' }).click()
    await other.getByText('The token is wrong.').waitFor()
    await other.getByLabel('Token').fill(new URL(run.pageUrl).hash.slice(1))
    await other.keyboard.press('Enter')
    await other.locator('article.card').first().waitFor()
  })

  it('is used by keyboard alone', async () => {
    const { page } = await run.open(1280)
    // Of its own, so that the lines of a try before this one are not counted.
    const id = `keys-${randomInt(1_000_000)}`
    await ask('/videos/2', { 'x-request-id': id })
    await page.locator('.line').first().waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type(id)
    await expect.poll(() => page.locator('.line').count(), { timeout: 20_000 }).toBe(4)
    await page.getByLabel('Log lines').focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await page.locator('.line dl dt', { hasText: 'request_id' }).waitFor()
    await page.keyboard.press('i')
    await expect.poll(() => page.getByLabel('Request id').inputValue()).toBe(id)
    await page.getByRole('tab', { name: 'Logs' }).focus()
    await page.keyboard.press('ArrowRight')
    expect(await page.getByRole('tab', { name: 'catalog' }).getAttribute('aria-selected')).toBe('true')
  })

  it('shows what a request holds as text, whatever it is', async () => {
    const { page, complaints } = await run.open(1280)
    const hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    await ask('/videos/3', { 'user-agent': hostile, 'x-request-id': 'hostile-1' })
    await page.getByLabel('Request id').fill('hostile-1')
    await expect
      .poll(async () => [...new Set(await idsShown(page))], { timeout: 20_000 })
      .toEqual(['hostile-1'])
    const access = page.locator('.line', { hasText: 'GET /videos/:id 200' }).last()
    await access.waitFor()
    await access.click()
    await page.locator('dd', { hasText: '<script>' }).first().waitFor()
    expect(await page.locator('.line img, .line script').count()).toBe(0)
    expect(await page.title()).toContain('keelson dev')
    expect(complaints).toEqual([])
  })

  it('tells where every value of the configuration comes from', async () => {
    const { page } = await run.open(1280)
    await page.getByRole('tab', { name: 'delivery' }).click()
    const row = (key: string) => page.locator('tr', { has: page.getByText(key, { exact: true }) })
    await row('greeting').waitFor()
    expect(await row('greeting').innerText()).toContain('config/default.json:')
    expect(await row('dependencies.catalog.target').innerText()).toContain('env CATALOG_URL')
    expect(await row('ops.token').innerText()).toContain('[redacted]')
    await page.getByLabel('without defaults').check()
    expect(await row('log.level').count()).toBe(0)
  })

  it('forces a breaker open and lets it decide again', async () => {
    const { page } = await run.open(1280)
    await page.getByRole('tab', { name: 'delivery' }).click()
    const forceOpen = page.getByRole('button', { name: 'Force open' })
    const release = page.getByRole('button', { name: 'Release' })
    await forceOpen.or(release).waitFor()
    // A try before this one may have left it open.
    if (await release.isVisible()) await release.click()
    await forceOpen.click()
    await page.locator('.badge', { hasText: 'isolated' }).waitFor()
    expect(await (await ask('/videos/4')).json()).toMatchObject({ title: 'Title unknown for now' })
    await release.click()
    await forceOpen.waitFor()
    expect(await (await ask('/videos/4')).json()).not.toMatchObject({ title: 'Title unknown for now' })
  })

  it('holds a breaker closed, says so, and lets it decide again', async () => {
    const { page } = await run.open(1280)
    await page.getByRole('tab', { name: 'delivery' }).click()
    await page.getByRole('button', { name: 'Force closed' }).click()
    await page.locator('.badge', { hasText: 'held closed' }).waitFor()
    // One thing at a time: it cannot be forced the other way before it is released.
    expect(await page.getByRole('button', { name: 'Force open' }).count()).toBe(0)
    expect(await (await fetch(`${run.opsUrl('delivery')}/info`)).json()).toMatchObject({
      forcedBreakers: { catalog: 'closed' },
    })
    await page.getByRole('button', { name: 'Release' }).click()
    await page.getByRole('button', { name: 'Force closed' }).waitFor()
    await page.getByRole('button', { name: 'Force open' }).waitFor()
    expect(await page.locator('.badge', { hasText: 'held closed' }).count()).toBe(0)
  })

  it('shows what verify finds', async () => {
    const { page } = await run.open(1280)
    await page.getByRole('tab', { name: 'catalog' }).click()
    await page.getByRole('button', { name: 'Verify now' }).click()
    await page.getByText(/\d+ passed, \d+ failed/).waitFor({ timeout: 60_000 })
  })

  it('draws a stop, and starts the service again', async () => {
    const { page } = await run.open(1280)
    await page.getByRole('tab', { name: 'example-minimal' }).click()
    const start = page.getByRole('button', { name: 'Start', exact: true })
    const stop = page.getByRole('button', { name: 'Stop', exact: true })
    await start.or(stop).waitFor()
    // A try before this one may have left it stopped.
    if (await start.isVisible()) await start.click()
    const phase = page.locator('article.card', { hasText: 'example-minimal' }).locator('.phase')
    await expect.poll(() => phase.innerText(), { timeout: 30_000 }).toMatch(/^up/)
    const starts = Number(/start (\d+)/.exec(await phase.innerText())?.[1] ?? 1)
    await stop.click()
    await page.getByRole('img', { name: /The stop over time: exit code 0/ }).waitFor()
    await page.getByText('service draining: SIGTERM').first().waitFor()
    // Nothing answers after the end, however short the stop was.
    await page.locator('.stop-drawing .strip .mark-g:last-child').nth(2).waitFor()
    await start.click()
    await expect.poll(() => phase.innerText(), { timeout: 30_000 }).toBe(`up, start ${starts + 1}`)
  })

  it('says so when the command has ended', async () => {
    await using own = await startDevRun(['examples/minimal'], browser.path ?? '')
    const { page } = await own.open(400)
    await page.locator('article.card').first().waitFor()
    own.command.signal('SIGINT')
    await page.getByText('keelson dev does not answer').waitFor()
    expect(await own.command.exited()).toEqual({ code: 130, signal: null })
  })
})
