// Monitoring: what moved, drawn by the server, looked at with one cursor, taken away as a file.

import { awake, expect, ownDemoTest as test } from './fixtures';

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('an operator sees what moved, in figures too, and of one mapping', async ({ page, ownDemo: _ }) => {
      test.slow();
      await page.goto('/');
      await page.getByRole('link', { name: 'Monitoring' }).click();
      // The demo's first answers come within seconds.
      await expect(async () => {
        await page.goto('/monitoring?range=1h');
        await expect(page.locator('.answer')).toContainText(/entered and .* exited in the last hour/, { timeout: 500 });
      }).toPass();
      if (javaScriptEnabled) await awake(page);
      const chart = page.getByRole('figure').filter({ hasText: 'How many people entered and exited?' });
      await expect(chart.getByRole('img')).toHaveAttribute('aria-label', /entered/i);
      // The same as a table, for whoever wants figures.
      await chart.getByText('The same as a table').click();
      await expect(chart.getByRole('table')).toContainText(/\d/);

      await page.getByRole('combobox', { name: 'Mapping' }).selectOption('cart-to-meta');
      await page.getByRole('button', { name: 'Show' }).click();
      await expect(page).toHaveURL(/mapping=cart-to-meta/);
      await expect(page.locator('.answer')).toContainText('of cart-to-meta in the last hour');
      await page.getByRole('link', { name: 'Last 24 hours' }).click();
      await expect(page).not.toHaveURL(/range=1h/);
      await expect(page.locator('.answer')).toContainText('of cart-to-meta in the last 24 hours');

      const file = await page.request.get('/monitoring.csv?range=1h');
      expect(file.headers()['content-type']).toContain('text/csv');
      expect((await file.text()).split('\n').length).toBeGreaterThan(2);
    });
  });
}

test('arrow keys move one cursor over all charts', async ({ page, ownDemo: _ }) => {
  test.slow();
  await expect(async () => {
    await page.goto('/monitoring?range=1h');
    await expect(page.locator('.answer')).toContainText(/entered and/, { timeout: 500 });
  }).toPass();
  await awake(page);
  const sliders = page.getByRole('slider');
  await sliders.first().focus();
  await page.keyboard.press('End');
  const said = await sliders.first().getAttribute('aria-valuetext');
  expect(said).toMatch(/\d/);
  const now = await sliders.first().getAttribute('aria-valuenow');
  await expect(sliders.nth(1)).toHaveAttribute('aria-valuenow', now ?? '');
  await page.keyboard.press('ArrowLeft');
  await expect(sliders.first()).toHaveAttribute('aria-valuenow', String(Number(now) - 1));
  await page.keyboard.press('Escape');
  await expect(page.locator('.when').first()).toContainText('In all');
});
