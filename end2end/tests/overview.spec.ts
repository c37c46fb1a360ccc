// What an operator sees first: the overview, agreeing with the list; runs as they happen.

import { type Page } from '@playwright/test';
import { awake, demoTest as test, ownDemoTest, expect, settled } from './fixtures';

const demoMappings = [
  'browsed-to-meta',
  'cart-to-meta',
  'cart-to-warehouse',
  'lapsed-to-tiktok',
  'purchasers-off-google',
  'vip-to-meta',
];

/** The first sentence; its digits are grouped by a space that doesn't break. */
const answer = async (page: Page) =>
  (await page.locator('.answer').innerText()).split('.')[0].replace(/\s+/g, ' ');

test('the overview shows every mapping, with the numbers of the list', async ({ page, demo }) => {
  await settled(page, demo);
  const onOverview = async () => {
    await page.goto('/');
    const bars: Record<string, string> = {};
    for (const bar of await page.locator('.shares li').all()) {
      bars[await bar.locator('.name').innerText()] = (await bar.locator('.figure').innerText()).replace(/\s+/g, ' ');
    }
    return { answer: await answer(page), bars };
  };
  const onList = async () => {
    await page.goto('/mappings');
    const bars: Record<string, string> = {};
    for (const row of await page.locator('.table tbody tr').all()) {
      const cells = await row.locator('th, td').allInnerTexts();
      bars[cells[0]] = `${cells[6]} of ${cells[4]}`;
    }
    return { answer: await answer(page), bars };
  };
  // The store lives: what is compared is what stood still between two looks.
  await expect(async () => {
    const before = await onOverview();
    const list = await onList();
    expect(await onOverview()).toEqual(before);
    expect(Object.keys(before.bars).sort()).toEqual(demoMappings);
    expect(list.bars).toEqual(before.bars);
    expect(before.answer.replace(/,? [\d,]+ on the way$/, '')).toBe(list.answer);
    expect(list.answer).toMatch(/^6 mappings have [1-9][\d,]* of [1-9][\d,]* members at their destinations$/);
  }).toPass();
});

test('a run started by hand shows and ends without a reload', async ({ page, demo }) => {
  await settled(page, demo);
  await page.goto('/mappings/lapsed-to-tiktok');
  await awake(page);
  await page.evaluate(() => Object.assign(window, { stayed: true }));
  const newest = page.getByRole('region', { name: 'Runs' }).locator('tbody tr').first();
  const before = await newest.getByRole('link').getAttribute('href');
  // Its members are not answered until the run was seen at work.
  await demo.fault({ vendor: 'customerio', kind: 'hold', path: '/segments/4/membership' });
  try {
    await page.getByRole('button', { name: 'Run now' }).click();
    // A worker may hear of it after the page has looked: the page looks again within ten seconds.
    const progress = page.getByRole('status').getByRole('progressbar', { name: 'Progress of the run' });
    await expect(progress).toBeVisible({ timeout: 15_000 });
    await expect(newest).toContainText('Reading members');
  } finally {
    await demo.heal();
  }
  await expect(newest).toContainText('Done');
  await expect(page.getByRole('progressbar')).toHaveCount(0);
  await expect(page.getByRole('status').first()).toContainText(/The last run ended/);
  expect(await newest.getByRole('link').getAttribute('href')).not.toBe(before);
  expect(await page.evaluate(() => 'stayed' in window), 'the page was not loaded anew').toBe(true);
});

// Of a demo of its own: the first run is in the list only as long as it is young.
ownDemoTest('the page of a run tells what it did and leads back to its mapping', async ({ page, ownDemo }) => {
  ownDemoTest.slow();
  await settled(page, ownDemo);
  await page.goto('/mappings/vip-to-meta');
  await awake(page);
  const runs = page.getByRole('region', { name: 'Runs' }).locator('tbody tr');
  // The first one brought everybody in.
  const [, , members, , entered] = await runs.last().locator('th, td').allInnerTexts();
  await runs.last().getByRole('link').click();
  await expect(page).toHaveURL(/\/runs\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Run of vip-to-meta');
  await expect(page.locator('.answer')).toContainText(`${entered} people entered`);
  await expect(page.locator('.facts')).toContainText(`Members read${members}`);
  await page.locator('.answer').getByRole('link', { name: 'vip-to-meta' }).click();
  await expect(page).toHaveURL(/\/mappings\/vip-to-meta$/);
});

test.describe('what does not exist says so with status 404', () => {
  for (const [path, words] of [
    ['/mappings/no-such', 'There is no mapping no-such'],
    ['/mappings/No%20Key', 'There is no mapping No Key'],
    ['/mappings/no-such/edit', 'There is no mapping no-such'],
    ['/runs/0193a4e2-7c11-7000-8000-00000000beef', 'There is no run 0193a4e2-7c11-7000-8000-00000000beef'],
    ['/runs/nonsense', 'There is no run nonsense'],
    ['/people/no-such-person', 'There is no person by that name in any mirrored audience'],
  ]) {
    test(path, async ({ page }) => {
      const response = await page.goto(path);
      expect(response?.status()).toBe(404);
      await expect(page.getByRole('main')).toContainText(words);
      await expect(page.getByRole('link', { name: 'Go to the overview' })).toBeVisible();
      await awake(page);
      await expect(page.getByRole('main')).toContainText(words);
    });
  }
});
