// A mapping's life by hand: made, run, changed, paused, resumed; and what a form refuses.

import { type Page } from '@playwright/test';
import { awake, demoTest, expect, forgive, ownDemoTest, settled } from './fixtures';

for (const javaScriptEnabled of [true, false]) {
  ownDemoTest.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    ownDemoTest.use({ javaScriptEnabled });

    /** Waits for what the page shows by itself, or by being loaded again. */
    const shows = async (page: Page, holds: () => Promise<void>) => {
      if (javaScriptEnabled) return holds();
      await expect(async () => {
        await page.goto(page.url());
        await holds();
      }).toPass();
    };

    ownDemoTest('a mapping is made, runs, is changed, paused and resumed', async ({ page, ownDemo }) => {
      // A store of its own, two runs, and a machine that may be busy.
      ownDemoTest.slow();
      await settled(page, ownDemo);
      await page.goto('/mappings');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('link', { name: 'Add a mapping' }).click();
      await expect(page).toHaveURL('/mappings/new');
      await page.getByLabel('Key').fill('browsed-to-google');
      await page.getByLabel('Audience').selectOption('browsed');
      await page.getByLabel('Destination').selectOption('google');
      await page.getByLabel('Retarget').check();
      await page.getByLabel('Runs every').fill('10m');
      // It goes to Meta already, and nobody has signed that off.
      await page.getByLabel('Reason to pass a gate').fill('Both at once, for this test');
      await page.getByRole('button', { name: 'Add mapping' }).click();

      await expect(page).toHaveURL('/mappings/browsed-to-google');
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('browsed-to-google');
      const runs = page.getByRole('region', { name: 'Runs' }).locator('tbody tr');
      await shows(page, () => expect(runs.first()).toContainText('Done', { timeout: javaScriptEnabled ? 15_000 : 500 }));
      await expect(page.locator('.answer')).toContainText(/^[1-9][\d,]* of [1-9][\d,]* members of Browsed, did not add are sent to Google/);

      await page.getByRole('link', { name: 'Edit mapping' }).click();
      await expect(page.getByLabel('Runs every')).toHaveValue('10m');
      await expect(page.getByRole('main')).toContainText('A mapping keeps its audience and its destination');
      await expect(page.getByRole('combobox')).toHaveCount(0);
      await page.getByLabel('Runs every').fill('15m');
      await page.getByRole('button', { name: 'Save mapping' }).click();
      await expect(page).toHaveURL('/mappings/browsed-to-google');
      await expect(page.locator('.facts')).toContainText('Runs every15 min');

      await page.getByRole('button', { name: 'Pause mapping' }).click();
      await expect(page.locator('.page-name')).toContainText('Paused');
      await expect(page.getByRole('button', { name: 'Run now' })).toHaveCount(0);
      await page.getByRole('button', { name: 'Resume mapping' }).click();
      await expect(page.getByRole('button', { name: 'Pause mapping' })).toBeVisible();
      await shows(page, () => expect(page.locator('.page-name')).toContainText('In time', { timeout: javaScriptEnabled ? 15_000 : 500 }));
    });
  });

  demoTest.describe(javaScriptEnabled ? 'refused, with JavaScript' : 'refused, without JavaScript', () => {
    demoTest.use({ javaScriptEnabled });

    for (const [what, spoil, field, words] of [
      ['a bad key', { Key: 'Browsed To TikTok' }, 'key', 'lower-case letters, digits and single hyphens'],
      ['a bad length of time', { 'Runs every': 'soon' }, 'every', 'such as 30s, 5m, 24h or 14d'],
      ['a bad holdout', { Holdout: '101' }, 'holdout_percent', 'a number from 0 to 100'],
      ['a key that is taken', { Key: 'cart-to-meta' }, 'key', 'There is a mapping cart-to-meta already.'],
    ] as const) {
      demoTest(`${what} is refused at its field, and nothing typed is lost`, async ({ page, problems }) => {
        await page.goto('/mappings/new');
        if (javaScriptEnabled) await awake(page);
        const typed: Record<string, string> = {
          Key: 'browsed-refused',
          'Runs every': '7m',
          Holdout: '2.5',
          'Exclusivity group': 'brand-new-group',
          'Priority in the group': '42',
          ...spoil,
        };
        for (const [label, value] of Object.entries(typed)) await page.getByLabel(label, { exact: label === 'Key' }).fill(value);
        await page.getByLabel('Audience').selectOption('browsed');
        await page.getByLabel('Destination').selectOption('tiktok');
        await page.getByLabel('Lookalike').check();
        await page.getByLabel('Active').uncheck();
        await page.getByRole('button', { name: 'Add mapping' }).click();

        const wrong = page.locator(`#${field}-wrong`);
        await expect(wrong).toContainText(words);
        await expect(page.locator('.wrong')).toHaveCount(1);
        await expect(page.locator(`#${field}`)).toHaveAttribute('aria-invalid', 'true');
        await expect(page.locator(`#${field}`)).toHaveAccessibleDescription(new RegExp(words.replace(/[.]/g, '\\.')));
        for (const [label, value] of Object.entries(typed)) {
          await expect(page.getByLabel(label, { exact: label === 'Key' })).toHaveValue(value);
        }
        await expect(page.getByLabel('Audience')).toHaveValue('browsed');
        await expect(page.getByLabel('Destination')).toHaveValue('tiktok');
        await expect(page.getByLabel('Lookalike')).toBeChecked();
        await expect(page.getByLabel('Active')).not.toBeChecked();
        forgive(problems, '/fn/create_mapping');
      });
    }
  });
}
