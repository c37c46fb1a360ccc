// A vendor in trouble: the reason is seen where one looks, can be tried at once, and goes away
// by itself when the vendor is back.

import AxeBuilder from '@axe-core/playwright';
import { awake, expect, ownDemoTest as test, settled } from './fixtures';

const plain = (text: string) => text.replace(/\s+/g, ' ');

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('Segment is down: why, since when, what Segue does; and then it is over', async ({ page, ownDemo }) => {
      test.slow();
      await settled(page, ownDemo);
      await ownDemo.fault({ vendor: 'tracking', kind: 'status', status: 503 });
      const notice = page.locator('.notice', { hasText: 'Segment is down' });
      // Somebody has to be sent before it shows.
      await expect(async () => {
        await page.goto('/');
        await expect(notice).toBeVisible({ timeout: 500 });
      }).toPass({ timeout: 30_000 });
      const said = plain(await notice.innerText());
      expect(said).toContain('Segment answers 503. It began');
      expect(said).toMatch(/Segue tries again .* You need to do nothing\./);
      await notice.getByRole('link', { name: 'See the connection' }).click();

      await expect(page).toHaveURL('/settings/connections');
      if (javaScriptEnabled) await awake(page);
      await expect(page.locator('.answer')).toHaveText('Customer.io answers and Segment is down.');
      await page.getByLabel('Budget').last().fill('777');
      await page.getByRole('button', { name: 'Try Segment now' }).click();
      await expect(page).toHaveURL('/settings/connections');
      await expect(notice).toBeVisible();

      // A mapping says for whom it waits.
      const other = await page.context().newPage();
      await other.goto('/mappings/cart-to-meta');
      await expect(other.locator('.notice', { hasText: 'It waits for Segment' })).toBeVisible();
      await other.close();

      await ownDemo.heal();
      if (javaScriptEnabled) {
        // The page renews itself, and leaves what is being typed.
        await expect(notice).toHaveCount(0, { timeout: 20_000 });
        await expect(page.locator('.answer')).toHaveText('Customer.io and Segment answer.');
        await expect(page.getByLabel('Budget').last()).toHaveValue('777');
      } else {
        await expect(async () => {
          await page.goto('/settings/connections');
          await expect(notice).toHaveCount(0, { timeout: 500 });
        }).toPass({ timeout: 20_000 });
      }
      await page.goto('/');
      await expect(notice).toHaveCount(0);
    });
  });
}

test('a key that Customer.io refuses is named, and the page keeps the rules', async ({ page, ownDemo }) => {
  test.slow();
  await settled(page, ownDemo);
  await ownDemo.fault({ vendor: 'customerio', kind: 'status', status: 401 });
  const notice = page.locator('.notice', { hasText: 'Customer.io refuses the key' });
  await expect(async () => {
    await page.goto('/');
    await expect(notice).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 30_000 });
  await expect(notice.getByRole('link', { name: 'Check the key' })).toBeVisible();
  for (const path of ['/', '/settings/connections', '/mappings/cart-to-meta']) {
    await page.goto(path);
    await awake(page);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id }) => id), `${path}, ${colorScheme}`).toEqual([]);
    }
  }
  await ownDemo.heal();
  await page.goto('/settings/connections');
  await awake(page);
  await page.getByRole('button', { name: 'Try Customer.io now' }).click();
  await expect(notice).toHaveCount(0, { timeout: 20_000 });
});

test('a retired mapping says what it still owes while Segment is down', async ({ page, ownDemo }) => {
  test.slow();
  await settled(page, ownDemo);
  await ownDemo.fault({ vendor: 'tracking', kind: 'status', status: 503 });
  await page.goto('/mappings/vip-to-meta/manage');
  await awake(page);
  await page.getByRole('button', { name: /^Send [1-9][\d,]*\sexits and retire$/ }).click();
  await expect(page).toHaveURL('/mappings');
  const section = page.getByRole('region', { name: 'Retired mappings that owe exits' });
  await expect(section.getByRole('row', { name: /^vip-to-meta/ })).toContainText('Segment answers 503.', {
    timeout: 30_000,
  });
  await expect(page.locator('.answer')).toContainText(/1\sretired mapping still owes [1-9][\d,]*\sexits?\./);
  await ownDemo.heal();
  await expect(section).toHaveCount(0, { timeout: 30_000 });
});
