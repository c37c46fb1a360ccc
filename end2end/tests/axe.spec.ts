// Every page by the rules that a machine can check: in both themes, wide and narrow.

import AxeBuilder from '@axe-core/playwright';
import { awake, demoTest as test, expect, ownDemoTest, settled, signedIn, test as plainTest, type Demo } from './fixtures';
import { type Page } from '@playwright/test';

// Not among axe's own choice, but what it asks is what voice control needs.
const rules = { 'label-content-name-mismatch': { enabled: true } };

/** Looks at the page that is open in each theme and width. */
async function check(page: Page) {
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 844 });
    for (const colorScheme of ['light', 'dark'] as const) {
      // Without motion: a colour half-way between two themes is in neither.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { violations } = await new AxeBuilder({ page }).options({ rules }).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
      expect(found, `${colorScheme}, ${width} px wide`).toEqual([]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide, 'the page never scrolls sideways').toBeLessThanOrEqual(width);
    }
  }
}

/** Somebody whom an audience holds. */
async function somebody(page: Page, demo: Demo): Promise<string> {
  for (const person of await demo.people(500)) {
    const answer = await page.request.get(`${demo.url}/people/${person.cio_id}`);
    if (answer.ok()) return person.cio_id;
  }
  throw new Error('no audience holds anybody');
}

for (const path of [
  '/',
  '/audiences',
  '/audiences?view=coverage',
  '/audiences/new',
  '/audiences/bands',
  '/audiences/new?template=lapsed-buyers',
  '/audiences/cart-abandoners',
  '/audiences/cart-abandoners/edit',
  '/mappings',
  '/mappings?view=matrix',
  '/exclusivity',
  '/exclusivity?group=recovery&order=browsed,cart-abandoners',
  '/mappings/new',
  '/mappings/new?preview=1&audience=cart-abandoners&destination=tiktok&use_case=retarget&every=5m&active=true',
  '/mappings/cart-to-meta',
  '/mappings/cart-to-meta/edit',
  '/mappings/cart-to-meta/manage',
  '/mappings/cart-to-meta/test',
  '/mappings/cart-to-meta/checklist',
  '/timeline',
  '/timeline/new',
  '/timeline/cart-recovery',
  '/approvals',
  '/mappings/no-such',
  '/destinations',
  '/destinations/new',
  '/destinations/import',
  '/destinations?view=fields',
  '/destinations/meta',
  '/destinations/warehouse?preview=1&add=ltv',
  '/suppression',
  '/suppression/new',
  '/suppression/policy',
  '/suppression/rules/purchase',
  '/suppression/rules/purchase?what=retire',
  '/contract',
  '/contract/quarantine',
  '/contract/names',
  '/contract/noise',
  '/contract/plans?plan=tp_sandbox',
  '/settings/notices',
  '/people',
  '/review',
  '/first-steps',
  '/find?text=meta',
  '/settings/audit',
  '/people?find=nobody%40example.com',
  '/settings/connections',
  '/settings/connections/events',
  '/live',
  '/monitoring',
  '/monitoring?range=1h&compare=before&mapping=cart-to-meta',
  '/settings/connections/source',
  '/settings/workspace',
  '/account',
  '/dead-letters',
  '/demo',
  '/no/such/page',
]) {
  test(path, async ({ page, demo }) => {
    test.slow();
    await settled(page, demo);
    await page.goto(path);
    await awake(page);
    await check(page);
  });
}

test('a run', async ({ page, demo }) => {
  test.slow();
  await settled(page, demo);
  await page.goto('/mappings/vip-to-meta');
  await page.getByRole('region', { name: 'Runs' }).getByRole('link').last().click();
  await expect(page).toHaveURL(/\/runs\//);
  await awake(page);
  await check(page);
});

test('a person', async ({ page, demo }) => {
  test.slow();
  await settled(page, demo);
  await page.goto(`/people/${await somebody(page, demo)}`);
  await awake(page);
  await check(page);
});

test.describe('signed out', () => {
  test.use({ storageState: { cookies: [], origins: [] } });

  test('signing in', async ({ page }) => {
    test.slow();
    await page.goto('/sign-in');
    await awake(page);
    await check(page);
  });
});

ownDemoTest('a list and a file on it', async ({ page, ownDemo }) => {
  ownDemoTest.slow();
  await settled(page, ownDemo);
  await ownDemo.server.apply('[[suppression]]\nkey = "staff"\nreason = "staff"\nlist = true\n');
  await page.goto('/suppression/lists/staff');
  await awake(page);
  await check(page);
  const known = (await ownDemo.people(40)).filter((person) => person.email);
  await page.getByLabel('Names', { exact: true }).fill(`${known[0].email}\nnobody@\n`);
  await page.getByRole('button', { name: 'Look at these names' }).click();
  await expect(page.getByRole('button', { name: /^Keep/ })).toBeVisible();
  await check(page);
  await page.getByRole('link', { name: 'Go to the list' }).click();
  await expect(page).toHaveURL('/suppression/lists/staff');
  await check(page);
});

ownDemoTest('an emergency stop, and what is broken', async ({ page }) => {
  ownDemoTest.slow();
  await page.goto('/destinations');
  await awake(page);
  await page.getByRole('button', { name: 'Stop delivery to tiktok' }).click();
  await page.getByRole('button', { name: 'Stop all delivery' }).click();
  await expect(page.getByRole('button', { name: 'Resume everything else' })).toBeVisible();
  await page.goto('/demo');
  await awake(page);
  await page.getByRole('button', { name: 'Break for 30 s : Segment is slow' }).click();
  await expect(page.getByRole('progressbar', { name: 'Segment is slow: seconds left' })).toBeVisible();
  await check(page);
});

// What somebody sees on their first day: nothing is there yet, and each page says what to do.
plainTest('empty pages', async ({ page, server }) => {
  plainTest.setTimeout(420_000);
  await signedIn(page, server);
  for (const path of [
    '/',
    '/first-steps',
    '/audiences',
    '/audiences?view=coverage',
    '/mappings',
    '/mappings?view=matrix',
    '/mappings/new',
    '/destinations',
    '/destinations?view=fields',
    '/suppression',
    '/suppression/policy',
    '/timeline',
    '/exclusivity',
    '/approvals',
    '/monitoring',
    '/review',
    '/people',
    '/dead-letters',
    '/settings/connections',
    '/settings/connections/events',
    '/settings/audit',
  ]) {
    await plainTest.step(path, async () => {
      await page.goto(path);
      await awake(page);
      await check(page);
    });
  }
});
