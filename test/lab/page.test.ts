// The lab as its users meet it, in a real browser: edit rules, act as a user, see why, see a TLS
// failure, solve an exercise; by keyboard too; and nothing is asked of anybody else.

import tls from 'node:tls'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import t from 'tap'
import { openLab } from '../../src/lab/lab.ts'
import { NO_CHROMIUM, openBrowser } from '../helpers/chromium.ts'

const { buildPage }: { buildPage: (folder: string) => Promise<unknown> } = await import(
  new URL('../../scripts/page.mjs', import.meta.url).href
)

t.test('the page in Chromium', { skip: NO_CHROMIUM }, async t => {
  const pageFolder = t.testdir({})
  await buildPage(pageFolder)
  const lab = await openLab({ pageFolder })
  t.teardown(() => lab.close())
  const browser = await openBrowser()
  t.teardown(() => browser.close())

  const asked: string[] = []
  const complaints: string[] = []
  browser.context.on('request', request => asked.push(request.url()))
  browser.context.on('console', message => {
    complaints.push(`${message.text()} ${JSON.stringify(message.location())}`)
  })
  browser.context.on('weberror', error => complaints.push(error.error().message))
  const page = browser.context.pages()[0] ?? (await browser.context.newPage())
  await page.goto(lab.url)

  const editor = page.getByRole('textbox', { name: 'ACL rules, one user a line' })
  const remarks = page.getByRole('list', { name: 'Remarks on the rules' })
  const entries = page.getByRole('list', { name: /Commands that were run/ })

  t.test('rules are judged while they are edited', async t => {
    await remarks.getByText('+@all, less -@admin').waitFor()
    await editor.press('Control+End')
    await editor.pressSequentially('user eve on nopass ~x:* +nosuch')
    await remarks.getByText('Unknown command or category name in ACL').first().waitFor()
    t.match(await page.locator('.cm-lintRange-error').allTextContents(), ['nopass', '+nosuch'])
    t.equal(await page.locator('.acl-key', { hasText: '~x:*' }).count(), 1)
    await page.getByRole('button', { name: 'Apply' }).click()
    t.match(await page.getByRole('alert').textContent(), /^Not applied: .*\+nosuch/)
    t.equal(lab.redis.server.users.get('eve'), undefined)
    await page.getByRole('button', { name: 'Revert' }).click()
    await page.getByText('As on the server').waitFor()
  })

  t.test('who is denied sees why, adds what is missing, and is allowed', async t => {
    await act(page, 'reader', 'MGET cache:home order:1001')
    const entry = entries.getByRole('listitem').first()
    await entry.getByText('No key rule of reader covers order:1001 to read.').waitFor()
    t.equal(
      await entry.locator('.reply').textContent(),
      '(error) NOPERM No permissions to access a key',
    )
    t.strictSame(
      (await entry.locator('.step').allTextContents()).map(text => text.replace(/[✓✗]/, '')),
      [
        'Commandmget allowed by+@read',
        'Keycache:home readallowed by%R~cache:*',
        'Keyorder:1001 readdenied:no rule fits',
      ],
    )
    await entry.getByRole('button', { name: 'Add to rules of reader' }).click()
    const added = page.locator('.cm-line', { hasText: /-scan %R~order:1001$/ })
    await added.waitFor()
    t.match(await added.textContent(), /^user reader /)
    await editor.press('Control+Enter')
    await page.getByText('As on the server').waitFor()
    await act(page, 'reader', 'GET cache:home')
    await entries.getByText('"<h1>Welcome</h1>"').waitFor()
    await act(page, 'reader', 'EXISTS order:1001')
    await entries.getByText('(integer) 1').waitFor()
    await act(page, 'report', 'HGET order:1001 total')
    await entries.getByText('The rules of selector 1 of report allow hget.').waitFor()
    t.match(await entries.locator('.reply').first().textContent(), '"49.90"')
  })

  t.test('users that others change are shown, and what was edited stays', async t => {
    await editor.press('Control+End')
    await editor.pressSequentially('user draft off')
    await act(page, 'admin', 'ACL SETUSER guest on ~guest:* +get')
    await page.getByText('The users on the server were changed meanwhile.').waitFor()
    t.match(await editor.textContent(), 'user draft off')
    await page.getByRole('button', { name: 'Revert' }).click()
    await page.locator('.cm-line', { hasText: 'user guest on' }).waitFor()
    await act(page, 'guest', 'SUBSCRIBE news')
    await entries.getByText('Denied').first().waitFor()
  })

  t.test('the matrix counts, filters and compares', async t => {
    await page.getByRole('link', { name: 'Matrix' }).click()
    const commands = page.getByRole('region', { name: 'Commands' })
    await page.getByRole('searchbox', { name: 'Filter commands' }).fill('config')
    await page.getByRole('button', { name: '@admin' }).click()
    await page.getByText(/^6 of \d+ commands$/).waitFor()
    const row = commands.getByRole('row', { name: /^config set/ })
    const users = await commands.getByRole('columnheader').allTextContents()
    const cells = await row.getByRole('cell').allTextContents()
    t.equal(cells[users.indexOf('admin') - 1], '✓allowed')
    t.equal(cells[users.indexOf('web') - 1], '·denied')
    await page.getByRole('button', { name: '@admin' }).click()
    await page.getByRole('searchbox', { name: 'Filter commands' }).fill('hget')
    await page.getByRole('checkbox', { name: 'Only differences' }).check()
    await commands.getByRole('row', { name: /^hgetall .*allowed by a selector/ }).waitFor()
    await page.getByRole('searchbox', { name: 'Filter commands' }).fill('no such command')
    await page.getByText('No command fits the filter.').waitFor()
  })

  t.test('refused commands and failed handshakes appear as they happen', async t => {
    await page.getByRole('link', { name: 'Activity' }).click()
    const log = page.getByRole('region', { name: 'Entries of ACL LOG' })
    await log.getByRole('row', { name: /reader key order:1001 by itself lab-console 1$/ }).waitFor()
    const handshakes = page.getByRole('list', { name: /Handshakes/ })
    const failed = handshakes.getByText(/^The client showed no certificate/)
    const before = await failed.count()
    await page.getByRole('button', { name: 'Connect' }).click()
    await failed.nth(before).waitFor()
    await page.getByText(/What the client saw: .*CERTIFICATE_REQUIRED/).waitFor()
    const { host, port } = lab.redis
    tls.connect({ host, port, rejectUnauthorized: false }).on('error', () => {})
    await failed.nth(before + 1).waitFor()
    for (const [title, sentence] of [
      ['No TLS at all (redis:// instead of rediss://)', /^A client without TLS came/],
      ['TLS 1.1 only', /^Client and server have no TLS version in common/],
      ['Certificate of another authority', /^The client certificate comes from an authority/],
    ] as const) {
      await page.getByLabel('Send a client:').selectOption(title)
      await page.getByRole('button', { name: 'Connect' }).click()
      await handshakes.getByText(sentence).first().waitFor()
      t.pass(title)
    }
    await page.getByLabel('Send a client:').selectOption("Does not trust the server's authority")
    await page.getByRole('button', { name: 'Connect' }).click()
    await page.getByText(/What the client saw: (VERIFY|ISSUER|SELF_SIGNED)/).waitFor()
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByText('Nothing was refused yet.').waitFor()
  })

  t.test('an exercise is solved, with a hint, and remembered', async t => {
    await page.getByRole('link', { name: 'Exercises' }).click()
    await page.getByRole('heading', { name: 'A reader' }).waitFor()
    const answer = page.getByRole('textbox', { name: 'Your answer' })
    const checks = page.getByRole('list', { name: 'Checks' })
    await answer.press('Control+End')
    await answer.pressSequentially('~* +get')
    await page.getByRole('button', { name: 'Check' }).click()
    await page.getByText('Not yet').waitFor()
    await checks.getByText('reader may not GET other').first().waitFor()
    await page.getByText('Hint 3 of 3').click()
    await page.getByText('%R~cache:*').first().waitFor()
    // Chromium keeps the style of what one types over, and complains that it may not.
    await answer.press('Control+a')
    await answer.press('Delete')
    await answer.pressSequentially('user reader %R~cache:* +get +mget')
    await answer.press('Control+Enter')
    await page.getByText('Solved', { exact: true }).waitFor()
    await page.reload()
    await page.getByText(/^1 of \d+ solved$/).waitFor()
    const first = page.getByRole('navigation', { name: 'Exercises' }).getByRole('button').first()
    t.match(await first.textContent(), '(solved)')
    await first.click()
    t.equal(await answer.textContent(), 'user reader %R~cache:* +get +mget')
  })

  t.test('it works by keyboard', async t => {
    await page.goto(`${lab.url}#rules`)
    await page.reload()
    await page.getByRole('button', { name: 'Run' }).waitFor()
    const names: string[] = []
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab')
      names.push(await focused(page))
    }
    t.strictSame(names, [
      'Skip to content',
      'Rules and console',
      'Matrix',
      'Activity',
      'Exercises',
      'Copy redis-cli line',
      'ACL rules, one user a line',
      'Act as user',
      'Command',
      'Run',
      'GET cache:home',
      'SET cache:home x',
    ])
    await page.keyboard.press('Enter')
    await entries.getByText('Denied').first().waitFor()
    await page.getByText(/^Not run\. /).waitFor({ state: 'attached' })
    await page.getByRole('textbox', { name: 'Command' }).press('ArrowUp')
    t.equal(await page.getByRole('textbox', { name: 'Command' }).inputValue(), 'SET cache:home x')
  })

  t.test('narrow windows scroll downwards only', async t => {
    await page.setViewportSize({ width: 360, height: 700 })
    for (const view of VIEWS) {
      await show(page, view)
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, view)
    }
    await page.setViewportSize({ width: 1280, height: 800 })
  })

  t.test('nobody else was asked for anything, and nothing complained', async t => {
    const { origin } = new URL(lab.url)
    t.strictSame(
      asked.filter(url => new URL(url).origin !== origin),
      [],
    )
    t.ok(asked.length > 20)
    t.strictSame(complaints, [])
  })

  t.test('a screen reader finds its way, in light and in dark', async t => {
    for (const view of VIEWS) {
      await show(page, view)
      t.strictSame(await violations(page), [], view)
    }
    await page.emulateMedia({ colorScheme: 'dark' })
    for (const view of ['Rules and console', 'Activity'] as const) {
      await show(page, view)
      t.strictSame(await violations(page, ['color-contrast']), [], `${view} in the dark`)
    }
  })
})

const VIEWS = ['Rules and console', 'Matrix', 'Activity', 'Exercises'] as const

async function show(page: Page, view: (typeof VIEWS)[number]): Promise<void> {
  await page.getByRole('link', { name: view }).click()
  await page.getByRole('heading', { level: 2 }).first().waitFor()
  if (view === 'Rules and console') await page.locator('.findings').waitFor()
  // A long list takes long to judge, and a short one shows as much.
  if (view === 'Matrix') await page.getByRole('searchbox').fill('hget')
}

async function act(page: Page, user: string, command: string): Promise<void> {
  await page.getByLabel('Act as user').selectOption(user)
  await page.getByRole('textbox', { name: 'Command' }).fill(command)
  await page.getByRole('button', { name: 'Run' }).click()
  await page.locator('.entry-command', { hasText: command }).first().waitFor()
}

/** What a screen reader would call the element that has the focus. */
async function focused(page: Page): Promise<string> {
  const name = await page.evaluate(`(({ activeElement: at }) =>
    at.getAttribute('aria-label') ?? at.textContent)(document)`)
  return String(name)
}

async function violations(page: Page, only: readonly string[] = []): Promise<string[]> {
  await page.evaluate(axe.source)
  // One row of the heat map is like another.
  const context = JSON.stringify({ exclude: [['.heat tbody tr:nth-child(n+3)']] })
  const options = JSON.stringify({
    resultTypes: ['violations'],
    ...(only.length > 0 && { runOnly: only }),
  })
  const { violations } = (await page.evaluate(`axe.run(${context}, ${options})`)) as axe.AxeResults
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
