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
    t.equal(await page.getByRole('alert').textContent(), 'Not applied: Redis refuses this.')
    t.equal(await remarks.getByRole('button').count(), 1)
    const place = await page.evaluate(EDITOR_PLACE)
    await remarks.getByRole('button').click()
    t.equal(await page.evaluate('getSelection().toString()'), '+nosuch')
    t.equal(await page.evaluate(EDITOR_PLACE), place, 'the editor stays where it is')
    await editor.press('Control+End')
    await editor.press('Space')
    await page.getByRole('button', { name: /^\d+ warnings$/ }).click()
    await remarks.getByText('+@all, less -@admin').waitFor()
    t.equal(await remarks.getByText('Unknown command').count(), 0)
    await page.getByRole('button', { name: /^\d+ warnings$/ }).click()
    t.match(await remarks.getByRole('listitem').first().textContent(), /^Error7:/)
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

  t.test(
    'what is to be tried is about these rules, and what is no command is told apart',
    async t => {
      await page.getByLabel('Act as user').selectOption('worker')
      await page.getByRole('button', { name: 'LPOP queue:mail' }).click()
      await entries.getByText('"welcome:ann"').waitFor()
      await act(page, 'worker', 'GETT x')
      t.match(await entries.locator('.tag').first().textContent(), 'Unknown command')
      await page.getByRole('textbox', { name: 'Command' }).fill('CONFIG GE')
      await page.getByRole('button', { name: 'CONFIG GET', exact: true }).click()
      await page.locator('.hint code', { hasText: /^CONFIG GET/ }).waitFor()
      await page.getByRole('textbox', { name: 'Command' }).fill('')
    },
  )

  t.test('rules leave as a file and as a link, and come by one', async t => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ])
    t.equal(file.suggestedFilename(), 'users.acl')
    await page.getByRole('button', { name: 'Share …' }).click()
    await page.getByText(/without their \d+ passwords and hashes/).waitFor()
    const link = await page.getByRole('textbox', { name: 'Link' }).inputValue()
    t.match(link, /^http:\/\/127\.0\.0\.1:\d+\/#share=[\w-]+$/)
    await page.keyboard.press('Escape')
    const visitor = await browser.context.newPage()
    await visitor.goto(link)
    await visitor.getByText('These rules came with a link').waitFor()
    const shared = visitor.getByRole('textbox', { name: 'ACL rules, one user a line' })
    t.match(await shared.textContent(), 'user reader on sanitize-payload %R~cache:*')
    t.equal(new URL(visitor.url()).hash, '#rules')
    await visitor.getByText('Edited, not applied').waitFor()
    await visitor.close()
  })

  t.test('the matrix counts, filters and compares', async t => {
    await page.getByRole('link', { name: 'Matrix' }).click()
    const commands = page.getByRole('region', { name: 'Commands' })
    await page.getByRole('searchbox', { name: 'Filter commands' }).fill('config')
    await page.getByRole('button', { name: '@admin' }).click()
    await page.getByText(/^6 of 360 commands$/).waitFor()
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
    await log
      .getByRole('row', { name: /reader key order:1001 sent directly lab-console 1$/ })
      .waitFor()
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
    t.equal(
      await page.locator('.cm-tooltip-autocomplete').count(),
      0,
      'nothing lies over the result',
    )
    await page.getByText('A solution').click()
    await page.getByText('user reader ~cache:* +get +mget').waitFor()
    await page.getByRole('button', { name: 'Next exercise' }).click()
    await page.getByRole('heading', { name: 'Not the sessions' }).waitFor()
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
    t.equal(page.url(), `${new URL('/', lab.url)}#rules`, 'the token has left the address')
    await page.locator('.tries').getByRole('button').nth(1).waitFor()
    await page.getByRole('button', { name: 'Run', exact: true }).waitFor()
    const names: string[] = []
    while (names.at(-1) !== 'Run' && names.length < 60) {
      await page.keyboard.press('Tab')
      names.push(await focused(page))
    }
    await page.keyboard.press('Tab')
    const first = await focused(page)
    t.strictSame(
      names.filter(name => !/\d/.test(name)),
      [
        'Skip to content',
        'Rules',
        'Matrix',
        'Activity',
        'Exercises',
        'Copy redis-cli line',
        'Copy',
        'Download',
        'Share …',
        'ACL rules, one user a line',
        'Act as user',
        'Command',
        'Run',
      ],
    )
    t.equal(first, 'GET guest:1')
    await page.keyboard.press('Enter')
    await entries.getByText('Allowed').first().waitFor()
    await page.getByText(/^Allowed\. /).waitFor({ state: 'attached' })
    await page.getByRole('textbox', { name: 'Command' }).press('ArrowUp')
    t.equal(await page.getByRole('textbox', { name: 'Command' }).inputValue(), 'GET guest:1')
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

  for (const width of [390, 1280, 1920]) {
    t.test(`a screen reader finds its way at ${width} pixels, in light and in dark`, async t => {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 })
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        for (const view of VIEWS) {
          await show(page, view)
          // The scheme changes colours and nothing else.
          const only = colorScheme === 'dark' ? ['color-contrast'] : []
          t.strictSame(await violations(page, only), [], `${view}, ${colorScheme}`)
        }
      }
    })
  }

  t.test('on a telephone rules and verdict are seen together', async t => {
    await page.setViewportSize({ width: 390, height: 844 })
    await show(page, 'Rules')
    await act(page, 'reader', 'SET cache:home x')
    await entries.getByText('Denied').first().waitFor()
    const places = await page.evaluate(`['.editor', '.entry .banner', '.top nav'].map(name => {
      const { top, bottom, height } = document.querySelector(name).getBoundingClientRect()
      return { top, bottom, height }
    })`)
    const [rules, verdict, tabs] = places as { top: number; bottom: number; height: number }[]
    t.ok(rules && rules.height < 300 && rules.bottom > 150, JSON.stringify(rules))
    t.ok(verdict && verdict.bottom <= 844, JSON.stringify(verdict))
    t.ok(tabs && tabs.height < 50, JSON.stringify(tabs))
  })
})

const EDITOR_PLACE = `(({ top, height }) => top + ' ' + height)(
  document.querySelector('.editor').getBoundingClientRect())`

const VIEWS = ['Rules', 'Matrix', 'Activity', 'Exercises'] as const

async function show(page: Page, view: (typeof VIEWS)[number]): Promise<void> {
  await page.getByRole('link', { name: view, exact: true }).click()
  await page.getByRole('heading', { level: 2 }).first().waitFor()
  if (view === 'Rules') await page.locator('.findings').waitFor()
  // A long list takes long to judge, and a short one shows as much.
  if (view === 'Matrix') await page.getByRole('searchbox').fill('hget')
}

async function act(page: Page, user: string, command: string): Promise<void> {
  await page.getByLabel('Act as user').selectOption(user)
  await page.getByRole('textbox', { name: 'Command' }).fill(command)
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.locator('.entry-command', { hasText: command }).first().waitFor()
}

/** What a screen reader would call the element that has the focus. */
async function focused(page: Page): Promise<string> {
  const name = await page.evaluate(`(({ activeElement: at }) =>
    at.getAttribute('aria-label') ?? at.textContent)(document)`)
  return String(name)
}

async function violations(page: Page, only: readonly string[]): Promise<string[]> {
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
