// The matrix: walked by keyboard, several mappings paused at once and resumed again by undo.

import { awake, demoTest, expect, forgive, ownDemoTest, settled } from './fixtures';

demoTest('the arrows walk from place to place, and Enter opens one', async ({ page }) => {
  await page.goto('/mappings');
  await awake(page);
  await page.getByRole('link', { name: 'Matrix' }).click();
  await expect(page).toHaveURL('/mappings?view=matrix');
  await expect(page.locator('.answer')).toContainText(/\d+ of \d+\splaces are used: \d+\saudiences at \d+\sdestinations/);
  const matrix = page.getByRole('region', { name: 'Mappings by audience and destination' });
  await matrix.focus();
  await page.keyboard.press('ArrowDown');
  const first = matrix.getByRole('columnheader').nth(1).getByRole('link');
  await expect(first).toBeFocused();
  await page.keyboard.press('ArrowDown');
  const row = matrix.locator('tbody tr').first();
  await expect(row.locator('td').first().getByRole('link')).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(row.locator('td').nth(1).getByRole('link')).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect(row.getByRole('rowheader').getByRole('link')).toBeFocused();
  // At the edge nothing happens.
  await page.keyboard.press('ArrowLeft');
  await expect(row.getByRole('rowheader').getByRole('link')).toBeFocused();

  const cart = matrix.getByRole('link', { name: /cart-to-meta/ });
  await cart.focus();
  const box = matrix.getByRole('checkbox', { name: 'Choose cart-to-meta' });
  await page.keyboard.press(' ');
  await expect(box).toBeChecked();
  await page.keyboard.press(' ');
  await expect(box).not.toBeChecked();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/mappings/cart-to-meta');
});

demoTest('a place without a mapping leads to its form, filled in', async ({ page }) => {
  await page.goto('/mappings?view=matrix');
  const vacant = page.getByRole('link', { name: /^Map browsed to tiktok$/ });
  await vacant.click();
  await expect(page.getByLabel('Audience')).toHaveValue('browsed');
  await expect(page.getByLabel('Destination')).toHaveValue('tiktok');
});

demoTest('the same is taken away as CSV', async ({ page }) => {
  await page.goto('/mappings?view=matrix');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export as CSV' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('mappings.csv');
  const text = await (await file.createReadStream()).toArray();
  const lines = Buffer.concat(text).toString().trim().split('\r\n');
  expect(lines[0]).toContain('"mapping","audience","segment","destination"');
  expect(lines).toHaveLength(7);
});

for (const javaScriptEnabled of [true, false]) {
  ownDemoTest.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    ownDemoTest.use({ javaScriptEnabled });

    ownDemoTest('two are paused at once, and undo resumes them', async ({ page, ownDemo, problems }) => {
      await settled(page, ownDemo);
      await page.goto('/mappings?view=matrix');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: 'Pause chosen' }).click();
      await expect(page.getByRole('main')).toContainText('Choose one mapping or more');
      forgive(problems, '/fn/switch_mappings');
      for (const key of ['cart-to-meta', 'vip-to-meta']) {
        await page.getByRole('checkbox', { name: `Choose ${key}` }).check();
      }
      await page.getByRole('button', { name: 'Pause chosen' }).click();
      await expect(page.getByRole('main')).toContainText(/2\smappings were paused/);
      await expect(page.locator('.matrix').getByText('Paused')).toHaveCount(2);
      await page.getByRole('button', { name: 'Undo' }).click();
      await expect(page.getByRole('main')).toContainText(/2\smappings were resumed/);
      await expect(page.locator('.matrix').getByText('Paused')).toHaveCount(0);
    });
  });
}
