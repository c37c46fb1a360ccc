// The palette that Ctrl-K opens, and the page that does the same without a script.

import { type Request } from '@playwright/test';
import { awake, demoTest as test, expect } from './fixtures';

test('Ctrl-K finds pages, mappings and people from anywhere', async ({ page, demo }) => {
  const person = (await demo.people(50)).find((person) => person.email)!;
  await page.goto('/suppression');
  await awake(page);
  const palette = page.getByRole('dialog', { name: 'Find anything' });
  const field = palette.getByRole('combobox');
  const options = palette.getByRole('option');
  await page.keyboard.press('Control+k');
  await expect(field).toBeFocused();
  await expect(options.first()).toContainText('Overview');
  await page.keyboard.press('Escape');
  await expect(palette).toBeHidden();

  await page.keyboard.press('Control+k');
  await page.keyboard.type('cart meta');
  await expect(options.first()).toContainText('cart-to-meta');
  await expect(options.first()).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/mappings\/cart-to-meta$/);
  await expect(palette).toBeHidden();

  // The arrows go round, and what was typed is chosen to be typed over.
  await page.keyboard.press('Control+k');
  await expect(field).toHaveValue('cart meta');
  await page.keyboard.type('dest');
  await expect(options).toHaveCount(2);
  await page.keyboard.press('ArrowUp');
  await expect(options.last()).toHaveAttribute('aria-selected', 'true');
  await expect(field).toHaveAttribute('aria-activedescendant', (await options.last().getAttribute('id'))!);
  await page.keyboard.press('ArrowDown');
  await expect(options.first()).toHaveAttribute('aria-selected', 'true');

  await field.fill(person.email!);
  await expect(options).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/people/${person.cio_id}$`));
  await page.getByRole('link', { name: 'Find' }).click();
  await field.fill('no such thing');
  await expect(palette.getByRole('status')).toHaveText('Nothing found');
});

test('an answer that comes late takes no place of the newest one', async ({ page }) => {
  await page.goto('/suppression');
  await awake(page);
  const isFirst = (request: Request) =>
    request.url().endsWith('/fn/find_anything') && !(request.postData() ?? '').includes('meta');
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/fn/find_anything', async (route) => {
    if (isFirst(route.request())) await released;
    await route.continue().catch(() => {});
  });
  const over = Promise.race([
    page.waitForEvent('requestfinished', isFirst),
    page.waitForEvent('requestfailed', isFirst),
  ]);
  const palette = page.getByRole('dialog', { name: 'Find anything' });
  await page.keyboard.press('Control+k');
  await palette.getByRole('combobox').fill('cart');
  await palette.getByRole('combobox').fill('cart meta');
  await expect(palette.getByRole('option').first()).toContainText('cart-to-meta');
  release();
  await over;
  await expect(palette.getByRole('option').first()).toContainText('cart-to-meta');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the same as a page', async ({ page }) => {
    await page.goto('/');
    await page.getByRole('link', { name: 'Find' }).click();
    await page.getByLabel('A part of a name').fill('vip');
    await page.getByRole('button', { name: 'Find' }).click();
    await expect(page.locator('.answer')).toHaveText(/^(One thing is|\d+\sthings are) called vip\.$/);
    await page.getByRole('region', { name: 'Found' }).getByRole('link', { name: 'vip-to-meta' }).click();
    await expect(page).toHaveURL(/\/mappings\/vip-to-meta$/);
  });
});
