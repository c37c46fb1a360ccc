// The chain from server to browser: rendered, posted and hydrated, under the strict policy.

import { awake, expect, signedIn, test } from './fixtures';

test.beforeEach(async ({ page, server }) => signedIn(page, server));

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the page is complete and a form of it works', async ({ page }) => {
    await page.goto('/mappings');
    await expect(page.getByRole('heading', { level: 1 })).toBeAttached();
    await page.locator('summary').first().click();
    await page.getByRole('button', { name: 'Dark' }).click();
    await expect(page).toHaveURL(/\/mappings/);
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  });
});

test('the page wakes, and another one comes without leaving it', async ({ page }) => {
  await page.goto('/');
  await awake(page);
  await page.evaluate(() => Object.assign(window, { stayed: true }));
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Mappings' }).click();
  await expect(page).toHaveURL(/\/mappings$/);
  await expect(page).toHaveTitle('Mappings · Segue');
  expect(await page.evaluate(() => 'stayed' in window)).toBe(true);
});

test('a script without the nonce does not run, and the fixture notices', async ({ page, problems }) => {
  await page.goto('/');
  await awake(page);
  await page.evaluate(() => {
    const script = document.createElement('div');
    script.innerHTML = '<img src="x:" onerror="window.ran = true">';
    document.body.append(script);
  });
  await expect.poll(() => problems.join('\n')).toContain('policy:');
  expect(await page.evaluate(() => 'ran' in window)).toBe(false);
  problems.length = 0;
});

test('an unknown address says so with status 404', async ({ page }) => {
  const response = await page.goto('/no/such/page');
  expect(response?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no such page');
  await awake(page);
});

test('files come compressed and are kept for good', async ({ request }) => {
  const page = await (await request.get('/sign-in', { headers: { accept: 'text/html' } })).text();
  const wasm = /\/pkg\/app-[0-9a-f]{16}\.wasm/.exec(page)?.[0];
  expect(wasm).toBeTruthy();
  const file = await request.get(wasm!, { headers: { 'accept-encoding': 'br' } });
  expect(file.headers()['content-type']).toBe('application/wasm');
  expect(file.headers()['cache-control']).toContain('immutable');
});
